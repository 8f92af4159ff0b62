using System.Buffers.Binary;

namespace ActorTrain.Interop;

/// <summary>A kind of number in other programs' files, little-endian, and how it becomes float32.</summary>
/// <param name="Name">As safetensors calls it.</param>
/// <param name="Bytes">Of one number.</param>
/// <param name="Read">Reads one number.</param>
internal sealed record ElementKind(string Name, int Bytes, ElementKind.Reader Read)
{
    /// <summary>Reads one number from its bytes; <paramref name="file"/> names the file in errors.</summary>
    /// <exception cref="InteropException">It is a whole number that no float32 is.</exception>
    public delegate float Reader(ReadOnlySpan<byte> bytes, string file);

    public static readonly ElementKind Float32 = new("F32", 4, (b, _) => BinaryPrimitives.ReadSingleLittleEndian(b));
    public static readonly ElementKind Float64 = new(
        "F64", 8, (b, _) => (float)BinaryPrimitives.ReadDoubleLittleEndian(b));
    public static readonly ElementKind Float16 = new(
        "F16", 2, (b, _) => (float)BinaryPrimitives.ReadHalfLittleEndian(b));
    public static readonly ElementKind BFloat16 = new(
        "BF16", 2, (b, _) => BitConverter.UInt32BitsToSingle((uint)BinaryPrimitives.ReadUInt16LittleEndian(b) << 16));
    public static readonly ElementKind Int64 = new(
        "I64", 8, (b, file) => WholeNumber.ToSingle(BinaryPrimitives.ReadInt64LittleEndian(b), file));
    public static readonly ElementKind Int32 = new(
        "I32", 4, (b, file) => WholeNumber.ToSingle(BinaryPrimitives.ReadInt32LittleEndian(b), file));
    public static readonly ElementKind Int16 = new("I16", 2, (b, _) => BinaryPrimitives.ReadInt16LittleEndian(b));
    public static readonly ElementKind Int8 = new("I8", 1, (b, _) => (sbyte)b[0]);
    public static readonly ElementKind UInt8 = new("U8", 1, (b, _) => b[0]);
    public static readonly ElementKind Boolean = new("BOOL", 1, (b, _) => b[0]);

    /// <summary>All of them.</summary>
    public static IReadOnlyList<ElementKind> All { get; } =
        [Float32, Float64, Float16, BFloat16, Int64, Int32, Int16, Int8, UInt8, Boolean];

    /// <summary>Numbers one after another.</summary>
    /// <param name="bytes">Theirs, entirely.</param>
    /// <param name="file">Names the file in errors.</param>
    /// <exception cref="InteropException">One of them is a whole number that no float32 is.</exception>
    public float[] ReadAll(ReadOnlySpan<byte> bytes, string file)
    {
        var values = new float[bytes.Length / Bytes];
        for (var i = 0; i < values.Length; i++) values[i] = Read(bytes.Slice(i * Bytes, Bytes), file);
        return values;
    }
}
