using System.IO.Compression;

namespace ActorTrain;

/// <summary>Reads files in the IDX format of MNIST, plain or gzip-compressed.</summary>
/// <remarks>
/// Big-endian. Images: 0x00000803, count, rows, columns, then one byte a pixel. Labels: 0x00000801, count, then one
/// byte a label.
/// Source: Y. LeCun, C. Cortes, C. Burges, "The MNIST database of handwritten digits".
/// </remarks>
public static class IdxFile
{
    // DEFLATE cannot pack more than 1032 bytes into one (258 bytes in 2 bits): a header that claims more lies.
    private const long MostBytesPerCompressedByte = 1032;

    private delegate IdxHeader ReadHeader(ReadOnlySpan<byte> contents, string file);

    /// <summary>Images out of the whole contents of a file, without a copy.</summary>
    /// <param name="contents">Uncompressed. Nobody may write to it again.</param>
    /// <param name="file">Names the file in errors.</param>
    /// <exception cref="DatasetException">The contents are not exactly an IDX file of images.</exception>
    public static IdxImages ParseImages(ReadOnlyMemory<byte> contents, string file)
    {
        var header = IdxHeader.Images(contents.Span, file);
        CheckLength(contents.Length, header, file);
        return new(header.Count, header.Rows, header.Columns, contents[header.Bytes..]);
    }

    /// <summary>Labels out of the whole contents of a file, without a copy.</summary>
    /// <param name="contents">Uncompressed. Nobody may write to it again.</param>
    /// <param name="file">Names the file in errors.</param>
    /// <exception cref="DatasetException">The contents are not exactly an IDX file of labels.</exception>
    public static IdxLabels ParseLabels(ReadOnlyMemory<byte> contents, string file)
    {
        var header = IdxHeader.Labels(contents.Span, file);
        CheckLength(contents.Length, header, file);
        return new(header.Count, contents[header.Bytes..]);
    }

    /// <summary>Reads a file of images; compressed if its name ends in <c>.gz</c>.</summary>
    /// <exception cref="DatasetException">The file is missing, damaged, or not an IDX file of images.</exception>
    public static IdxImages ReadImages(string path) =>
        ParseImages(Read(path, IdxHeader.ImagesBytes, IdxHeader.Images), path);

    /// <summary>
    /// Opens a plain file of images whose pixels are read when they are needed; none: it is compressed, or has no more
    /// than <paramref name="mostBytes"/> and is better read as a whole.
    /// </summary>
    /// <exception cref="DatasetException">The file is damaged, or not an IDX file of images.</exception>
    internal static (IdxHeader Header, FilePixels Pixels)? OpenImages(string path, long mostBytes)
    {
        if (IsCompressed(path) || !File.Exists(path)) return null;
        var file = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.Read, FileOptions.RandomAccess);
        var bytes = RandomAccess.GetLength(file);
        if (bytes <= mostBytes)
        {
            file.Dispose();
            return null;
        }
        Span<byte> start = stackalloc byte[IdxHeader.ImagesBytes];
        var header = IdxHeader.StreamedImages(start[..RandomAccess.Read(file, start, fileOffset: 0)], path);
        CheckLength(bytes, header, path);
        return (header, new(file, path, header.Bytes, bytes - header.Bytes));
    }

    /// <summary>Reads a file of labels; compressed if its name ends in <c>.gz</c>.</summary>
    /// <exception cref="DatasetException">The file is missing, damaged, or not an IDX file of labels.</exception>
    public static IdxLabels ReadLabels(string path) =>
        ParseLabels(Read(path, IdxHeader.LabelsBytes, IdxHeader.Labels), path);

    /// <summary>
    /// The path of one of MNIST's four files in <paramref name="folder"/>, whichever way its name is written.
    /// </summary>
    /// <param name="folder">Where to look.</param>
    /// <param name="name">For example <c>train-images-idx3-ubyte</c>; then <c>train-images.idx3-ubyte</c> and
    /// <c>.gz</c> of both count too.</param>
    /// <exception cref="DatasetException">There is none.</exception>
    public static string Find(string folder, string name)
    {
        var names = Spellings(name);
        foreach (var spelling in names)
        {
            var path = Path.Combine(folder, spelling);
            if (File.Exists(path)) return path;
        }
        throw Directory.Exists(folder)
            ? new DatasetException(folder, $"has no {name}", $"one of the files {string.Join(", ", names)}")
            : new DatasetException(folder, "no such folder", $"a folder with {name} and the other IDX files");
    }

    internal static string[] Spellings(string name)
    {
        var dotted = name.Replace("-idx", ".idx", StringComparison.Ordinal);
        return [name, name + ".gz", dotted, dotted + ".gz"];
    }

    private static byte[] Read(string path, int headerBytes, ReadHeader readHeader)
    {
        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);
            var compressed = IsCompressed(path);
            using Stream contents = compressed ? Decompress(file) : file;
            var start = new byte[headerBytes];
            var got = contents.ReadAtLeast(start, headerBytes, throwOnEndOfStream: false);
            var header = readHeader(start.AsSpan(0, got), path);
            CheckClaim(header, file.Length, compressed, path);
            return ReadRest(contents, start, header, path);
        }
        catch (InvalidDataException e)
        {
            throw new DatasetException(path, "damaged gzip data", "a complete gzip file", e);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new DatasetException(path, "no such file", "an IDX file, plain or .gz", e);
        }
    }

    private static bool IsCompressed(string path) => path.EndsWith(".gz", StringComparison.OrdinalIgnoreCase);

    private static GZipStream Decompress(FileStream file) =>
        new(new BufferedStream(file, 1 << 16), CompressionMode.Decompress);

    // Before anything of the claimed size is allocated.
    private static void CheckClaim(IdxHeader header, long fileBytes, bool compressed, string path)
    {
        if (!compressed)
        {
            CheckLength(fileBytes, header, path);
            return;
        }
        var most = fileBytes * MostBytesPerCompressedByte;
        if (header.FileBytes > most)
            throw new DatasetException(
                path, $"{header.Contents} in {fileBytes} compressed bytes", $"no more than {most} bytes");
    }

    private static byte[] ReadRest(Stream stream, ReadOnlySpan<byte> start, IdxHeader header, string path)
    {
        var contents = GC.AllocateUninitializedArray<byte>((int)header.FileBytes);
        LargePages.AskFor(contents);
        start.CopyTo(contents);
        var rest = contents.AsSpan(start.Length);
        CheckLength(start.Length + stream.ReadAtLeast(rest, rest.Length, throwOnEndOfStream: false), header, path);
        // This read also lets gzip compare its checksum.
        if (stream.ReadByte() >= 0)
            throw new DatasetException(path, $"bytes after the {header.FileBytes} that belong there", header.Contents);
        return contents;
    }

    private static void CheckLength(long bytes, IdxHeader header, string file)
    {
        if (bytes < header.FileBytes)
            throw new DatasetException(
                file, $"truncated to {bytes} bytes", $"{header.FileBytes} bytes: {header.Contents}");
        if (bytes > header.FileBytes)
            throw new DatasetException(
                file, $"{bytes} bytes are too many", $"{header.FileBytes} bytes: {header.Contents}");
    }
}
