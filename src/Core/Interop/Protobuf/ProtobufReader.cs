using System.Buffers.Binary;
using System.Text;

namespace ActorTrain.Interop.Protobuf;

/// <summary>How a field's value is stored.</summary>
internal enum WireType
{
    Varint = 0,
    Fixed64 = 1,
    Bytes = 2,
    Fixed32 = 5,
}

/// <summary>Reads one message of Protocol Buffers, field after field, in place.</summary>
/// <param name="message">Its bytes.</param>
/// <param name="file">Names the file in errors.</param>
internal ref struct ProtobufReader(ReadOnlySpan<byte> message, string file)
{
    private ReadOnlySpan<byte> _left = message;
    private ulong _number;
    private ReadOnlySpan<byte> _bytes;

    /// <summary>The field's number.</summary>
    public int Field { get; private set; }

    /// <summary>How it is stored.</summary>
    public WireType Type { get; private set; }

    /// <summary>Goes to the next field; false at the message's end.</summary>
    /// <exception cref="InteropException">No message, or cut off.</exception>
    public bool Next()
    {
        if (_left.IsEmpty) return false;
        var tag = Varint(ref _left);
        (Field, Type) = ((int)(tag >> 3), (WireType)(tag & 7));
        switch (Type)
        {
            case WireType.Varint: _number = Varint(ref _left); break;
            case WireType.Fixed64: _number = BinaryPrimitives.ReadUInt64LittleEndian(Take(sizeof(ulong))); break;
            case WireType.Fixed32: _number = BinaryPrimitives.ReadUInt32LittleEndian(Take(sizeof(uint))); break;
            case WireType.Bytes: _bytes = Take(Varint(ref _left)); break;
            default: throw Damaged();
        }
        return true;
    }

    /// <summary>The value as a whole number.</summary>
    public readonly long Number() => Type == WireType.Varint ? (long)_number : throw Damaged();

    /// <summary>The value as a float.</summary>
    public readonly float Float() =>
        Type == WireType.Fixed32 ? BitConverter.UInt32BitsToSingle((uint)_number) : throw Damaged();

    /// <summary>The value as a double.</summary>
    public readonly double Double() =>
        Type == WireType.Fixed64 ? BitConverter.UInt64BitsToDouble(_number) : throw Damaged();

    /// <summary>The value as bytes, or as a message's.</summary>
    public readonly ReadOnlySpan<byte> Bytes() => Type == WireType.Bytes ? _bytes : throw Damaged();

    /// <summary>The value as text.</summary>
    public readonly string Text() => Encoding.UTF8.GetString(Bytes());

    /// <summary>Adds the value of a repeated whole number, one or many packed together.</summary>
    public readonly void AddNumbers(List<long> numbers)
    {
        if (Type != WireType.Bytes)
        {
            numbers.Add(Number());
            return;
        }
        for (var packed = _bytes; !packed.IsEmpty;) numbers.Add((long)Varint(ref packed));
    }

    private readonly InteropException Damaged() => new(file, "no protobuf message, or damaged");

    private ReadOnlySpan<byte> Take(ulong count)
    {
        if (count > (ulong)_left.Length) throw new InteropException(file, "cut off");
        var taken = _left[..(int)count];
        _left = _left[(int)count..];
        return taken;
    }

    private readonly ulong Varint(ref ReadOnlySpan<byte> bytes)
    {
        const int most = 64;
        var value = 0UL;
        for (var shift = 0; shift < most && !bytes.IsEmpty; shift += 7)
        {
            var part = bytes[0];
            bytes = bytes[1..];
            value |= (ulong)(part & 0x7f) << shift;
            if (part < 0x80) return value;
        }
        throw Damaged();
    }
}
