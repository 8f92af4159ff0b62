using System.Buffers.Binary;

namespace ActorTrain.Actors.Bulk;

/// <summary>Where a payload lies that another process of this machine can read.</summary>
/// <param name="Process">Whose memory it is.</param>
/// <param name="File">The file's number there.</param>
/// <param name="Id">What the file begins with.</param>
/// <param name="Offset">Bytes from the first float on.</param>
/// <param name="Generation">Of the contents; when the file has another one, they are gone.</param>
internal readonly record struct SharedPlace(int Process, int File, Guid Id, long Offset, long Generation)
{
    /// <summary>Bytes of a place on the wire.</summary>
    public const int Bytes = 40;

    /// <summary>The place that <see cref="ToBytes"/> wrote.</summary>
    public static SharedPlace Read(ReadOnlySpan<byte> source) => new(
        BinaryPrimitives.ReadInt32LittleEndian(source), BinaryPrimitives.ReadInt32LittleEndian(source[4..]),
        new(source.Slice(8, 16)), BinaryPrimitives.ReadInt64LittleEndian(source[24..]),
        BinaryPrimitives.ReadInt64LittleEndian(source[32..]));

    /// <summary>Little-endian: process, file, int32; id, 16 bytes; offset, generation, int64.</summary>
    public byte[] ToBytes()
    {
        var bytes = new byte[Bytes];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, Process);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(4), File);
        Id.TryWriteBytes(bytes.AsSpan(8));
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(24), Offset);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(32), Generation);
        return bytes;
    }
}
