using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace ActorTrain.Interop.NumPy;

/// <summary>The beginning of an <c>.npy</c> file: kind and shape of the array, and where its elements begin.</summary>
/// <param name="Type">NumPy's type string: <c>&lt;f4</c>.</param>
/// <param name="IsFortranOrder">True: the first dimension is the innermost.</param>
/// <param name="Shape">The shape.</param>
/// <param name="DataOffset">Where the elements begin, in bytes.</param>
internal sealed partial record NpyHeader(string Type, bool IsFortranOrder, Shape Shape, int DataOffset)
{
    private static ReadOnlySpan<byte> Magic => "NUMPY"u8;

    /// <summary>Reads it.</summary>
    /// <exception cref="NumPyException">It is none, or not of a version that is known.</exception>
    public static NpyHeader Read(ReadOnlySpan<byte> bytes, string file)
    {
        const int prefix = 8;
        if (bytes.Length < prefix + 4 || bytes[0] != 0x93 || !bytes[1..].StartsWith(Magic))
            throw new NumPyException(file, "no .npy file: it does not begin with \\x93NUMPY");
        var version = bytes[6];
        if (version is < 1 or > 3)
            throw new NumPyException(file, $"version {version} of the format; 1 to 3 can be read");
        var start = version == 1 ? prefix + 2 : prefix + 4;
        var length = version == 1
            ? BinaryPrimitives.ReadUInt16LittleEndian(bytes[prefix..])
            : BinaryPrimitives.ReadUInt32LittleEndian(bytes[prefix..]);
        if (length > bytes.Length - start) throw new NumPyException(file, "its header is cut off");
        var text = Encoding.UTF8.GetString(bytes.Slice(start, (int)length));
        var match = Dictionary().Match(text);
        if (!match.Success) throw new NumPyException(file, $"a header that can't be read: {text.Trim()}");
        return new(
            match.Groups["type"].Value, match.Groups["fortran"].Value == "True",
            ShapeOf(match.Groups["size"].Captures, file), start + (int)length);
    }

    /// <summary>The header of float32 in row-major order, padded so that the elements are aligned.</summary>
    public static byte[] Write(Shape shape)
    {
        const int prefix = 10, alignment = 64;
        var sizes = string.Join(", ", shape.ToArray()) + (shape.Rank == 1 ? "," : "");
        var text = $"{{'descr': '<f4', 'fortran_order': False, 'shape': ({sizes}), }}";
        var length = ((prefix + text.Length + 1 + alignment - 1) / alignment * alignment) - prefix;
        var bytes = new byte[prefix + length];
        bytes[0] = 0x93;
        Magic.CopyTo(bytes.AsSpan(1));
        bytes[6] = 1;
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(8), (ushort)length);
        Encoding.ASCII.GetBytes(text.PadRight(length - 1) + "\n", bytes.AsSpan(prefix));
        return bytes;
    }

    private static Shape ShapeOf(CaptureCollection captures, string file)
    {
        if (captures.Count > Shape.MaxRank)
            throw new NumPyException(file, $"{captures.Count} dimensions; {Shape.MaxRank} can be read");
        var sizes = new int[captures.Count];
        var count = 1L;
        for (var i = 0; i < sizes.Length; i++)
        {
            if (!int.TryParse(captures[i].Value, NumberStyles.None, CultureInfo.InvariantCulture, out sizes[i])
                || (count *= sizes[i]) > Array.MaxLength)
                throw new NumPyException(file, "more elements than an array can hold");
        }
        return Shape.Create(sizes);
    }

    // A literal of Python's as NumPy writes it; keys in any order would be another writer's.
    [GeneratedRegex(
        @"^\{'descr': '(?<type>[^']*)', 'fortran_order': (?<fortran>True|False), "
        + @"'shape': \((?:(?<size>\d+)(?:, ?|(?=\))))*\),? ?\}\s*$")]
    private static partial Regex Dictionary();
}
