using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.Serialization;
using System.Text;
using ActorTrain.Actors.Bulk;

namespace ActorTrain.Actors.Protocol;

/// <summary>
/// Writes one message: little-endian, text and lists after their length. It keeps to the bounds that
/// <see cref="WireReader"/> keeps to, so that what can be written can be read.
/// </summary>
/// <param name="capacity">Bytes to begin with; exact where they are known, for then nothing is copied.</param>
internal sealed class WireWriter(int capacity)
{
    internal static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private byte[] _buffer = new byte[capacity];
    private int _length;

    /// <summary>What was written.</summary>
    public byte[] ToArray() => _length == _buffer.Length ? _buffer : _buffer[.._length];

    public void Byte(byte value) => Take(1)[0] = value;

    public void Int32(int value, int least, int most, string name)
    {
        if (value < least || value > most) Wire.Refuse($"{name} is {value}, not {least} to {most}");
        BinaryPrimitives.WriteInt32LittleEndian(Take(sizeof(int)), value);
    }

    public void Int64(long value, long least, string name)
    {
        if (value < least) Wire.Refuse($"{name} is {value}, less than {least}");
        BinaryPrimitives.WriteInt64LittleEndian(Take(sizeof(long)), value);
    }

    public void Single(float value, string name)
    {
        if (!float.IsFinite(value)) Wire.Refuse($"{name} is {value}");
        BinaryPrimitives.WriteSingleLittleEndian(Take(sizeof(float)), value);
    }

    public void Guid(Guid value) => value.TryWriteBytes(Take(16), bigEndian: true, out _);

    public void Token(BulkToken value) => value.Write(Take(BulkToken.Bytes));

    public void Text(string value, int maxBytes, string name)
    {
        try
        {
            var count = Utf8.GetByteCount(value);
            Int32(count, 0, maxBytes, $"{name}'s length");
            Utf8.GetBytes(value, Take(count));
        }
        catch (EncoderFallbackException)
        {
            Wire.Refuse($"{name} is no Unicode text");
        }
    }

    public void Bytes(ReadOnlySpan<byte> value, int maxBytes, string name)
    {
        Int32(value.Length, 0, maxBytes, $"{name}'s length");
        value.CopyTo(Take(value.Length));
    }

    private Span<byte> Take(int count)
    {
        if (_length + count > WireLimits.MaxMessageBytes)
            Wire.Refuse($"the message is longer than {WireLimits.MaxMessageBytes} bytes");
        if (_length + count > _buffer.Length) Array.Resize(ref _buffer, Math.Max(2 * _buffer.Length, _length + count));
        _length += count;
        return _buffer.AsSpan(_length - count, count);
    }
}

/// <summary>
/// Reads one message; every length is checked against its bound and against what is there before memory is taken.
/// </summary>
/// <param name="message">The whole message.</param>
internal ref struct WireReader(ReadOnlyMemory<byte> message)
{
    private ReadOnlyMemory<byte> _rest = message;

    /// <summary>Refuses a message that goes on after its last field.</summary>
    public readonly void End()
    {
        if (!_rest.IsEmpty) Wire.Refuse($"{_rest.Length} bytes too many");
    }

    public byte Byte() => Take(1).Span[0];

    public int Int32(int least, int most, string name)
    {
        var value = BinaryPrimitives.ReadInt32LittleEndian(Take(sizeof(int)).Span);
        if (value < least || value > most) Wire.Refuse($"{name} is {value}, not {least} to {most}");
        return value;
    }

    public long Int64(long least, string name)
    {
        var value = BinaryPrimitives.ReadInt64LittleEndian(Take(sizeof(long)).Span);
        if (value < least) Wire.Refuse($"{name} is {value}, less than {least}");
        return value;
    }

    public float Single(string name)
    {
        var value = BinaryPrimitives.ReadSingleLittleEndian(Take(sizeof(float)).Span);
        if (!float.IsFinite(value)) Wire.Refuse($"{name} is {value}");
        return value;
    }

    public Guid Guid() => new(Take(16).Span, bigEndian: true);

    public BulkToken Token() => BulkToken.Read(Take(BulkToken.Bytes).Span);

    public string Text(int maxBytes, string name)
    {
        try
        {
            return WireWriter.Utf8.GetString(Take(Int32(0, maxBytes, $"{name}'s length")).Span);
        }
        catch (DecoderFallbackException)
        {
            Wire.Refuse($"{name} is no UTF-8 text");
            return "";
        }
    }

    /// <summary>A part of the message itself, not a copy.</summary>
    public ReadOnlyMemory<byte> Bytes(int maxBytes, string name) => Take(Int32(0, maxBytes, $"{name}'s length"));

    private ReadOnlyMemory<byte> Take(int count)
    {
        if (count > _rest.Length) Wire.Refuse($"it ends {count - _rest.Length} bytes too early");
        var taken = _rest[..count];
        _rest = _rest[count..];
        return taken;
    }
}

/// <summary>The one error of the wire.</summary>
internal static class Wire
{
    /// <summary>Refuses a message, on its way out or in.</summary>
    /// <exception cref="SerializationException">Always.</exception>
    [DoesNotReturn]
    public static void Refuse(string reason) => throw new SerializationException($"Wire message refused: {reason}.");
}
