using System.Buffers.Binary;
using System.Security.Cryptography;
using ActorTrain.Kernels;

namespace ActorTrain;

/// <summary>
/// Labelled grey images of one size, immutable, one byte a pixel: the training or the test examples of a data set.
/// Those of a plain file above <see cref="MostBytesInMemory"/> stay in it, and are read as batches need them.
/// </summary>
public sealed class Split
{
    /// <summary>A larger plain file of images is not read into memory.</summary>
    public const long MostBytesInMemory = 256L << 20;

    private const string TrainImages = "train-images-idx3-ubyte";
    private const string TrainLabels = "train-labels-idx1-ubyte";
    private const string TestImages = "t10k-images-idx3-ubyte";
    private const string TestLabels = "t10k-labels-idx1-ubyte";

    private readonly PixelStore _pixels;
    private readonly ReadOnlyMemory<byte> _labels;
    private string? _sha256;

    private Split(PixelStore pixels, int rows, int columns, IdxLabels labels, string labelsFile)
    {
        (Count, Rows, Columns, _pixels) = (labels.Count, rows, columns, pixels);
        _labels = labels.Labels;
        LabelsFile = labelsFile;
    }

    /// <summary>How many examples, at least 1.</summary>
    public int Count { get; }

    /// <summary>Pixels of an image from top to bottom.</summary>
    public int Rows { get; }

    /// <summary>Pixels of an image from left to right.</summary>
    public int Columns { get; }

    /// <summary>Pixels of an image: Rows·Columns.</summary>
    public int Features => Rows * Columns;

    /// <summary>[Count, Rows, Columns], row-major, without a copy; 0 is background in MNIST, 255 full stroke.</summary>
    /// <exception cref="InvalidOperationException">They stay in their file.</exception>
    public ReadOnlySpan<byte> Pixels => _pixels switch
    {
        MemoryPixels p => p.All.Span,
        FilePixels p => throw new InvalidOperationException(
            $"Split.Pixels: the pixels of {p.Path} are not in memory, it is larger than {MostBytesInMemory} bytes; use "
            + "Image."),
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    /// <summary>Mean and deviation of all pixels.</summary>
    internal Normalization Normalization => Normalization.Of(_pixels.Pieces());

    /// <summary>[Count], without a copy.</summary>
    public ReadOnlySpan<byte> Labels => _labels.Span;

    /// <summary>
    /// SHA-256 in hexadecimal of count, rows, columns (32-bit little-endian words), pixels and labels: how the
    /// files were compressed or named makes no difference. Computed when first asked for.
    /// </summary>
    public string Sha256 => _sha256 ??= Hash();

    internal string LabelsFile { get; }

    /// <summary>A split in memory, with a copy of what is given.</summary>
    /// <param name="pixels">[N, rows, columns], row-major.</param>
    /// <param name="labels">[N], N at least 1.</param>
    /// <param name="rows">Pixels from top to bottom, at least 1.</param>
    /// <param name="columns">Pixels from left to right, at least 1.</param>
    /// <exception cref="ArgumentException">No examples, no pixels, or not one image for each label.</exception>
    public static Split Of(ReadOnlySpan<byte> pixels, ReadOnlySpan<byte> labels, int rows, int columns)
    {
        if (rows < 1 || columns < 1 || labels.IsEmpty || pixels.Length != (long)rows * columns * labels.Length)
        {
            throw new ArgumentException(
                $"Split.Of: {pixels.Length} pixels are not {labels.Length} images of {rows}x{columns}; "
                + "give one image for each label, at least one.",
                nameof(pixels));
        }
        return new(new MemoryPixels(pixels.ToArray()), rows, columns, new(labels.Length, labels.ToArray()), "labels");
    }

    /// <summary>
    /// Reads the training examples of a folder: <c>train-images-idx3-ubyte</c>, <c>train-labels-idx1-ubyte</c>, plain
    /// or <c>.gz</c>.
    /// </summary>
    /// <exception cref="DatasetException">A file is missing, damaged or does not fit the other.</exception>
    public static Split LoadTrain(string folder) =>
        Load(IdxFile.Find(folder, TrainImages), IdxFile.Find(folder, TrainLabels));

    /// <summary>
    /// Reads the test examples of a folder: <c>t10k-images-idx3-ubyte</c>, <c>t10k-labels-idx1-ubyte</c>, plain or
    /// <c>.gz</c>.
    /// </summary>
    /// <exception cref="DatasetException">A file is missing, damaged or does not fit the other.</exception>
    public static Split LoadTest(string folder) =>
        Load(IdxFile.Find(folder, TestImages), IdxFile.Find(folder, TestLabels));

    /// <summary>Reads a file of images and a file of their labels.</summary>
    /// <exception cref="DatasetException">A file is missing, damaged or does not fit the other.</exception>
    public static Split Load(string imagesFile, string labelsFile) => Load(imagesFile, labelsFile, MostBytesInMemory);

    /// <summary>The same with another limit of what is read into memory.</summary>
    internal static Split Load(string imagesFile, string labelsFile, long mostBytesInMemory)
    {
        // Labels first: they are small, so their errors come before a long read.
        var labels = IdxFile.ReadLabels(labelsFile);
        if (IdxFile.OpenImages(imagesFile, mostBytesInMemory) is var (header, pixels))
            return Fitting(pixels, header.Count, header.Rows, header.Columns);
        var images = IdxFile.ReadImages(imagesFile);
        return Fitting(new MemoryPixels(images.Pixels), images.Count, images.Rows, images.Columns);

        Split Fitting(PixelStore pixels, int count, int rows, int columns) => labels.Count == count
            ? new(pixels, rows, columns, labels, labelsFile)
            : throw new DatasetException(
                labelsFile, $"{labels.Count} labels", $"{count}, one for each image of {imagesFile}");
    }

    /// <summary>Some of the examples, without a copy of their pixels.</summary>
    /// <param name="first">The first of them, from 0.</param>
    /// <param name="count">How many, at least 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">There are not so many.</exception>
    public Split Slice(int first, int count)
    {
        if (first < 0 || count < 1 || count > Count - first)
            throw new ArgumentOutOfRangeException(
                nameof(count), count, $"Split.Slice: there are {Count} examples, not {count} from {first} on.");
        return new(
            _pixels.Slice((long)first * Features, (long)count * Features), Rows, Columns,
            new(count, _labels.Slice(first, count)), LabelsFile);
    }

    /// <summary>The pixels of one image, row-major; without a copy where they are in memory.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such image.</exception>
    /// <exception cref="DatasetException">They stay in a file, which was cut off since.</exception>
    public ReadOnlySpan<byte> Image(int index) => Image(index, _pixels is MemoryPixels ? [] : new byte[Features]);

    /// <summary>The same, with memory for a copy where one is needed.</summary>
    internal ReadOnlySpan<byte> Image(int index, Span<byte> place) => (uint)index < (uint)Count
        ? _pixels.Image(index, Features, place)
        : throw new ArgumentOutOfRangeException(nameof(index), $"Split.Image: index {index}; give 0..{Count - 1}.");

    /// <summary>One image will be asked for soon. A hint: it changes no result.</summary>
    internal void Prefetch(int index)
    {
        if ((uint)index < (uint)Count) _pixels.Prefetch(index, Features);
    }

    /// <summary>Adds what one example will read, pixels and label.</summary>
    internal void AddTo(LinesAhead lines, int index)
    {
        if ((uint)index >= (uint)Count) return;
        _pixels.AddTo(lines, index, Features);
        lines.Add(Labels.Slice(index, 1));
    }

    /// <summary>Is there a file with training images in <paramref name="folder"/>?</summary>
    internal static bool IsAt(string folder) =>
        Array.Exists(IdxFile.Spellings(TrainImages), name => File.Exists(Path.Combine(folder, name)));

    private string Hash()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Span<byte> sizes = stackalloc byte[3 * sizeof(int)];
        BinaryPrimitives.WriteInt32LittleEndian(sizes, Count);
        BinaryPrimitives.WriteInt32LittleEndian(sizes[4..], Rows);
        BinaryPrimitives.WriteInt32LittleEndian(sizes[8..], Columns);
        hash.AppendData(sizes);
        foreach (var piece in _pixels.Pieces()) hash.AppendData(piece.Span);
        hash.AppendData(Labels);
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
