using System.Buffers.Binary;

namespace ActorTrain;

/// <summary>
/// The start of an IDX file: a magic number and one size for each dimension, big-endian 32-bit words.
/// </summary>
/// <param name="Count">How many images or labels.</param>
/// <param name="Rows">Rows of an image; 1 for labels.</param>
/// <param name="Columns">Columns of an image; 1 for labels.</param>
/// <param name="Bytes">The header's own length.</param>
internal sealed record IdxHeader(int Count, int Rows, int Columns, int Bytes)
{
    public const int ImagesBytes = 16;
    public const int LabelsBytes = 8;
    private const uint ImagesMagic = 0x00000803;
    private const uint LabelsMagic = 0x00000801;

    /// <summary>What a file with this header holds, header included.</summary>
    public long FileBytes => Bytes + ((long)Count * Rows * Columns);

    /// <summary>The contents in words, for error messages.</summary>
    public string Contents => Bytes == ImagesBytes
        ? $"{Count} images of {Rows}x{Columns} pixels after a header of {Bytes}"
        : $"{Count} labels after a header of {Bytes}";

    /// <summary>Reads and checks an images header at the start of <paramref name="contents"/>.</summary>
    /// <exception cref="DatasetException">Not a header of images, or of sizes that no array can hold.</exception>
    public static IdxHeader Images(ReadOnlySpan<byte> contents, string file) =>
        Images(contents, file, (UInt128)Array.MaxLength);

    /// <summary>The same for a file that is not read as a whole.</summary>
    /// <exception cref="DatasetException">Not a header of images, or of more than can be counted.</exception>
    public static IdxHeader StreamedImages(ReadOnlySpan<byte> contents, string file) =>
        Images(contents, file, (UInt128)Array.MaxLength << 20);

    private static IdxHeader Images(ReadOnlySpan<byte> contents, string file, UInt128 most)
    {
        CheckStart(contents, file, ImagesBytes, "magic number, count, rows, columns", ImagesMagic, "images");
        uint count = Word(contents, 1), rows = Word(contents, 2), columns = Word(contents, 3);
        if (count == 0) throw new DatasetException(file, "0 images", "at least 1");
        if (rows == 0 || columns == 0) throw new DatasetException(
            file, $"images of {rows}x{columns} pixels", "at least 1x1");
        if (count > Array.MaxLength) throw new DatasetException(file, $"{count} images", $"at most {Array.MaxLength}");
        if (ImagesBytes + ((UInt128)count * rows * columns) > most || (ulong)rows * columns > (ulong)Array.MaxLength)
            throw new DatasetException(
                file, $"{count} images of {rows}x{columns} pixels", $"at most {most} bytes in all");
        return new((int)count, (int)rows, (int)columns, ImagesBytes);
    }

    /// <summary>Reads and checks a labels header at the start of <paramref name="contents"/>.</summary>
    /// <exception cref="DatasetException">Not a header of labels, or of more than an array can hold.</exception>
    public static IdxHeader Labels(ReadOnlySpan<byte> contents, string file)
    {
        CheckStart(contents, file, LabelsBytes, "magic number, count", LabelsMagic, "labels");
        var count = Word(contents, 1);
        if (count == 0) throw new DatasetException(file, "0 labels", "at least 1");
        if (count > Array.MaxLength - LabelsBytes)
            throw new DatasetException(file, $"{count} labels", $"at most {Array.MaxLength} bytes in all");
        return new((int)count, 1, 1, LabelsBytes);
    }

    private static void CheckStart(
        ReadOnlySpan<byte> contents, string file, int bytes, string fields, uint magic, string what)
    {
        // The magic number first: it says best what a short foreign file is.
        if (contents.Length >= sizeof(uint) && Word(contents, 0) is var got && got != magic)
            throw new DatasetException(file, $"magic number 0x{got:X8}", $"0x{magic:X8}, an IDX file of {what}");
        if (contents.Length < bytes)
            throw new DatasetException(
                file, $"truncated to {contents.Length} bytes", $"a header of {bytes} ({fields})");
    }

    private static uint Word(ReadOnlySpan<byte> contents, int index) =>
        BinaryPrimitives.ReadUInt32BigEndian(contents[(index * sizeof(uint))..]);
}
