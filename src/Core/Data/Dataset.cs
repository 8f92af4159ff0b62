using System.Security.Cryptography;
using System.Text;

namespace ActorTrain;

/// <summary>Training and test examples with all that a run must know of them. Immutable.</summary>
public sealed class Dataset
{
    /// <summary>The classes of MNIST: the digits.</summary>
    public const int MnistClasses = 10;

    private const int FewestClasses = 2;
    private string? _sha256;

    private Dataset(string name, Split train, Split test, int classes)
    {
        Name = name;
        Train = train;
        Test = test;
        Classes = classes;
        Normalization = train.Normalization;
    }

    /// <summary>What reports call it, for example <c>mnist</c>.</summary>
    public string Name { get; }

    /// <summary>The examples to learn from.</summary>
    public Split Train { get; }

    /// <summary>The examples to judge by; their images have the size of the training images.</summary>
    public Split Test { get; }

    /// <summary>How many classes; every label is below.</summary>
    public int Classes { get; }

    /// <summary>Of the training pixels; use it for test images as well.</summary>
    public Normalization Normalization { get; }

    /// <summary>
    /// SHA-256 in hexadecimal of the ASCII text "train's <see cref="Split.Sha256"/>, space, test's": equal exactly
    /// when sizes, pixels and labels are. Computed when first asked for.
    /// </summary>
    public string Sha256 =>
        _sha256 ??= Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes($"{Train.Sha256} {Test.Sha256}")));

    /// <summary>The MNIST that comes with the program, see <see cref="FindMnist"/>.</summary>
    /// <exception cref="DatasetException">It is not found, damaged, or not MNIST's shape.</exception>
    public static Dataset Mnist() => Mnist(FindMnist());

    /// <summary>
    /// MNIST, or data of its form (10 classes), from a folder with its four IDX files, plain or <c>.gz</c>.
    /// </summary>
    /// <exception cref="DatasetException">A file is missing or damaged, or the parts do not fit.</exception>
    public static Dataset Mnist(string folder) =>
        Combine("mnist", Split.LoadTrain(folder), Split.LoadTest(folder), MnistClasses);

    /// <summary>
    /// Any data in four IDX files with MNIST's names, plain or <c>.gz</c>; as many classes as the training labels show.
    /// </summary>
    /// <param name="folder">Where the files are.</param>
    /// <param name="name">What reports call it; the folder's name if not given.</param>
    /// <exception cref="DatasetException">A file is missing or damaged, or the parts do not fit.</exception>
    public static Dataset FromIdxFolder(string folder, string? name = null) =>
        Combine(name ?? LastName(folder), Split.LoadTrain(folder), Split.LoadTest(folder));

    /// <summary>All about the data but the data.</summary>
    public DataDescription Description =>
        new(Name, Sha256, Train.Count, Test.Count, Train.Rows, Train.Columns, Classes, Normalization);

    /// <summary>A data set of two splits, which a caller may have loaded at the same time.</summary>
    /// <param name="name">What reports call it.</param>
    /// <param name="train">The examples to learn from.</param>
    /// <param name="test">The examples to judge by.</param>
    /// <param name="classes">How many; if not given, the highest training label + 1, at least 2.</param>
    /// <exception cref="DatasetException">A label is not below the classes, or the images differ in size.</exception>
    /// <exception cref="ArgumentOutOfRangeException">Fewer than 2 classes.</exception>
    public static Dataset Combine(string name, Split train, Split test, int? classes = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(classes ?? FewestClasses, FewestClasses, nameof(classes));
        var count = classes ?? Math.Max(FewestClasses, Highest(train.Labels) + 1);
        CheckLabels(train, count);
        CheckLabels(test, count);
        return (train.Rows, train.Columns) == (test.Rows, test.Columns)
            ? new(name, train, test, count)
            : throw new DatasetException(
                name,
                $"test images of {test.Rows}x{test.Columns} pixels",
                $"{train.Rows}x{train.Columns}, as the training images have");
    }

    /// <summary>
    /// The training examples alone, the last of them as test split: to choose settings by, without a look at the real
    /// one.
    /// </summary>
    /// <param name="count">How many.</param>
    /// <exception cref="ArgumentOutOfRangeException">None, or none are left to learn from.</exception>
    public Dataset WithValidation(int count)
    {
        if (count < 1 || count >= Train.Count)
            throw new ArgumentOutOfRangeException(
                nameof(count), count,
                $"{Name} has {Train.Count} training examples; give 1 to {Train.Count - 1} of them.");
        var learnt = Train.Count - count;
        return Combine(Name, Train.Slice(0, learnt), Train.Slice(learnt, count), Classes);
    }

    /// <summary>
    /// The first folder <c>data/mnist</c> with training images, beside the program, in a folder above it, in the
    /// current directory or in one above that.
    /// </summary>
    /// <exception cref="DatasetException">There is none; the message lists where it looked and what to do.</exception>
    public static string FindMnist() => FindMnistFrom(AppContext.BaseDirectory, Directory.GetCurrentDirectory());

    /// <summary>
    /// The first folder <c>data/NAME</c> with training images, beside the program, in a folder above it, in the current
    /// directory or in one above that; none if there is none.
    /// </summary>
    /// <param name="name">For example <c>fashion-mnist</c>.</param>
    public static string? Find(string name) =>
        Candidates(name, AppContext.BaseDirectory, Directory.GetCurrentDirectory()).Find(Split.IsAt);

    internal static string FindMnistFrom(params IEnumerable<string> starts)
    {
        var candidates = Candidates("mnist", starts);
        return candidates.Find(Split.IsAt) ?? throw new DatasetException(
            "mnist",
            $"not found in {string.Join(", ", candidates)}",
            "a folder data/mnist with the four IDX files there, or another folder given by name "
            + "(--data FOLDER, Dataset.Mnist(folder))");
    }

    private static List<string> Candidates(string name, params IEnumerable<string> starts) =>
        [.. starts.SelectMany(SelfAndParents).Distinct().Select(folder => Path.Combine(folder, "data", name))];

    private static IEnumerable<string> SelfAndParents(string folder)
    {
        for (var current = new DirectoryInfo(folder); current is not null; current = current.Parent)
            yield return current.FullName;
    }

    private static string LastName(string folder) =>
        Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder)));

    private static int Highest(ReadOnlySpan<byte> labels)
    {
        var highest = 0;
        foreach (var label in labels) highest = Math.Max(highest, label);
        return highest;
    }

    private static void CheckLabels(Split split, int classes)
    {
        var index = split.Labels.IndexOfAnyExceptInRange((byte)0, (byte)Math.Min(classes - 1, byte.MaxValue));
        if (index >= 0)
            throw new DatasetException(
                split.LabelsFile, $"label {split.Labels[index]} at index {index}", $"labels in 0..{classes - 1}");
    }
}
