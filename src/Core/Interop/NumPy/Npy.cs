using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace ActorTrain.Interop.NumPy;

/// <summary>Tensors as NumPy's <c>.npy</c> files, both ways, as pure functions of bytes.</summary>
public static class Npy
{
    /// <summary>The tensor of a file's bytes.</summary>
    /// <param name="bytes">The whole file.</param>
    /// <param name="file">Names it in errors.</param>
    /// <returns>
    /// float32 as it is; float16, float64, whole numbers and booleans converted, whole ones only where exact.
    /// </returns>
    /// <exception cref="InteropException">No such file, cut off, or of a kind that is not read.</exception>
    public static Tensor Decode(ReadOnlySpan<byte> bytes, string file = "array")
    {
        var header = NpyHeader.Read(bytes, file);
        var (element, read) = ReaderOf(header.Type, file);
        var data = bytes[header.DataOffset..];
        var count = header.Shape.Count;
        if (data.Length != (long)count * element)
            throw new InteropException(
                file, $"{data.Length} bytes of elements, where {header.Shape} of '{header.Type}' has "
                + $"{(long)count * element}");
        var values = new float[count];
        for (var i = 0; i < count; i++) values[i] = read(data.Slice(i * element, element));
        if (!header.IsFortranOrder) return Tensor.Own(values, header.Shape);
        var reversed = Tensor.Own(values, Shape.Create([.. header.Shape.ToArray().Reverse()]));
        for (var d = 0; d < header.Shape.Rank / 2; d++) reversed = reversed.Transpose(d, header.Shape.Rank - 1 - d);
        return reversed.Contiguous();
    }

    /// <summary>The bytes of a file with this tensor as little-endian float32.</summary>
    public static byte[] Encode(Tensor tensor)
    {
        var header = NpyHeader.Write(tensor.Shape);
        var bytes = new byte[header.Length + (tensor.Shape.Count * sizeof(float))];
        header.CopyTo(bytes, 0);
        var elements = bytes.AsSpan(header.Length);
        MemoryMarshal.AsBytes(tensor.Contiguous().Span).CopyTo(elements);
        if (!BitConverter.IsLittleEndian)
            for (; !elements.IsEmpty; elements = elements[sizeof(float)..]) elements[..sizeof(float)].Reverse();
        return bytes;
    }

    private delegate float Reader(ReadOnlySpan<byte> bytes);

    private static (int Bytes, Reader Read) ReaderOf(string type, string file) => type switch
    {
        "<f4" => (4, b => BinaryPrimitives.ReadSingleLittleEndian(b)),
        ">f4" => (4, b => BinaryPrimitives.ReadSingleBigEndian(b)),
        "<f8" => (8, b => (float)BinaryPrimitives.ReadDoubleLittleEndian(b)),
        ">f8" => (8, b => (float)BinaryPrimitives.ReadDoubleBigEndian(b)),
        "<f2" => (2, b => (float)BinaryPrimitives.ReadHalfLittleEndian(b)),
        "|u1" or "|b1" => (1, b => b[0]),
        "|i1" => (1, b => (sbyte)b[0]),
        "<i2" => (2, b => BinaryPrimitives.ReadInt16LittleEndian(b)),
        "<u2" => (2, b => BinaryPrimitives.ReadUInt16LittleEndian(b)),
        "<i4" => (4, b => WholeNumber.ToSingle(BinaryPrimitives.ReadInt32LittleEndian(b), file)),
        "<u4" => (4, b => WholeNumber.ToSingle(BinaryPrimitives.ReadUInt32LittleEndian(b), file)),
        "<i8" => (8, b => WholeNumber.ToSingle(BinaryPrimitives.ReadInt64LittleEndian(b), file)),
        "<u8" => (8, b => WholeNumber.ToSingle(BinaryPrimitives.ReadUInt64LittleEndian(b), file)),
        _ => throw new InteropException(
            file, $"elements of type '{type}'; floats, whole numbers and booleans can be read, nothing is executed"),
    };
}
