using System.Buffers.Binary;
using System.Collections.Immutable;
using System.IO.Compression;

namespace ActorTrain.Host.Data;

/// <summary>
/// EMNIST (Cohen et al. 2017): digits and letters in MNIST's size, six data sets in one archive. Its images lie on
/// their side, so they are turned into MNIST's orientation when the archive is unpacked.
/// </summary>
internal static class Emnist
{
    private const string Prefix = "emnist-";
    private static readonly ImmutableArray<string> Sets =
        ["digits", "letters", "balanced", "byclass", "bymerge", "mnist"];

    /// <summary>The archive that all of them are in.</summary>
    public static KnownDataset Archive { get; } = new(
        "emnist",
        [
            new("https://biometrics.nist.gov/cs_links/EMNIST/"),
            new("https://www.itl.nist.gov/iaui/vip/cs_links/EMNIST/"),
        ],
        [new("gzip.zip", 561_753_746, "fb9bb67e33772a9cc0b895e4ecf36d2cf35be8b709693c3564cea2a019fcda8e")]);

    /// <summary>Is it one of <c>emnist-digits</c>, <c>emnist-letters</c>, …?</summary>
    public static bool IsName(string name) =>
        name.StartsWith(Prefix, StringComparison.Ordinal) && Sets.Contains(name[Prefix.Length..]);

    /// <summary>Writes the four IDX files of a data set.</summary>
    /// <param name="archive">The archive's path.</param>
    /// <param name="name">Which: <see cref="IsName"/>.</param>
    /// <param name="folder">Where to; it is there when all files are.</param>
    /// <exception cref="DatasetException">The archive is damaged, or does not hold them.</exception>
    public static void Unpack(string archive, string name, string folder)
    {
        var unfinished = $"{folder}.{Guid.NewGuid():N}{DurableFile.UnfinishedSuffix}";
        Directory.CreateDirectory(unfinished);
        try
        {
            using var zip = Opened(archive);
            foreach (var (theirs, ours) in new[] { ("train", "train"), ("test", "t10k") })
            {
                var images = Extract(
                    zip, archive, $"{name}-{theirs}-images-idx3-ubyte.gz", unfinished, IdxFile.ReadImages);
                var labels = Extract(
                    zip, archive, $"{name}-{theirs}-labels-idx1-ubyte.gz", unfinished, IdxFile.ReadLabels);
                DurableFile.Write(
                    Path.Combine(unfinished, $"{ours}-images-idx3-ubyte"),
                    [Header(0x803, images.Count, images.Columns, images.Rows), Turned(images)]);
                DurableFile.Write(
                    Path.Combine(unfinished, $"{ours}-labels-idx1-ubyte"),
                    [Header(0x801, labels.Count), FromZero(labels.Labels, name)]);
            }
            Directory.Move(unfinished, folder);
        }
        finally
        {
            if (Directory.Exists(unfinished)) Directory.Delete(unfinished, recursive: true);
        }
    }

    private static ZipArchive Opened(string archive)
    {
        try
        {
            return ZipFile.OpenRead(archive);
        }
        catch (InvalidDataException e)
        {
            throw Damaged(archive, e);
        }
    }

    private static DatasetException Damaged(string archive, InvalidDataException cause) => new(
        archive, "no zip archive, or a damaged one",
        "EMNIST's archive gzip.zip; delete the file, and it is downloaded again", cause);

    private static T Extract<T>(ZipArchive zip, string archive, string name, string folder, Func<string, T> read)
    {
        var entry = zip.Entries.FirstOrDefault(entry => entry.Name == name)
            ?? throw new DatasetException(archive, $"has no {name}", "EMNIST's archive gzip.zip");
        var path = Path.Combine(folder, name);
        try
        {
            entry.ExtractToFile(path);
        }
        catch (InvalidDataException e)
        {
            throw Damaged(archive, e);
        }
        var contents = read(path);
        File.Delete(path);
        return contents;
    }

    private static byte[] Turned(IdxImages images)
    {
        var pixels = images.Pixels.Span;
        var (rows, columns) = (images.Rows, images.Columns);
        var turned = new byte[pixels.Length];
        for (var image = 0; image < turned.Length; image += rows * columns)
            for (var y = 0; y < rows; y++)
                for (var x = 0; x < columns; x++) turned[image + (x * rows) + y] = pixels[image + (y * columns) + x];
        return turned;
    }

    // Letters are numbered from 1.
    private static byte[] FromZero(ReadOnlyMemory<byte> labels, string name)
    {
        var first = name == $"{Prefix}letters" ? 1 : 0;
        return Array.ConvertAll(labels.ToArray(), label => (byte)(label - first));
    }

    private static byte[] Header(params ReadOnlySpan<int> words)
    {
        var bytes = new byte[words.Length * sizeof(int)];
        for (var i = 0; i < words.Length; i++)
            BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(i * sizeof(int)), words[i]);
        return bytes;
    }
}
