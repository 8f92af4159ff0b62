using ActorTrain.Host.Images;

namespace ActorTrain.Host.Data;

/// <summary>
/// A data set of PNG files: the folders <c>train</c> and <c>test</c>, each with a folder for each class. Pictures are
/// of one size and become grey as they are; classes are numbered in the order of their names.
/// </summary>
internal static class PictureFolders
{
    private const int MostClasses = byte.MaxValue + 1;

    /// <summary>Has the folder this form?</summary>
    public static bool IsAt(string folder) =>
        Directory.Exists(Path.Combine(folder, "train")) && Directory.Exists(Path.Combine(folder, "test"));

    /// <summary>Reads all pictures, on several threads.</summary>
    /// <exception cref="DatasetException">No classes, others in <c>test</c>, too many, or pictures of another size.
    /// </exception>
    /// <exception cref="FailureException">A file can't be read, is no PNG, or damaged.</exception>
    public static Dataset Load(string folder)
    {
        var (train, test) = (Files(Path.Combine(folder, "train")), Files(Path.Combine(folder, "test")));
        if (!train.Classes.SequenceEqual(test.Classes))
            throw new DatasetException(
                Path.Combine(folder, "test"), $"the classes {string.Join(", ", test.Classes)}",
                $"those of train: {string.Join(", ", train.Classes)}");
        if (train.Classes.Length > MostClasses)
            throw new DatasetException(folder, $"{train.Classes.Length} classes", $"at most {MostClasses}");
        return Dataset.Combine(
            Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder))), SplitOf(train),
            SplitOf(test), train.Classes.Length);
    }

    private static FolderExamples Files(string folder) =>
        new(folder, ".png", path => throw new NotSupportedException(path));

    private static Split SplitOf(FolderExamples examples)
    {
        var images = Read(examples);
        var (width, height) = (images[0].Width, images[0].Height);
        var other = images.FindIndex(image => (image.Width, image.Height) != (width, height));
        if (other >= 0)
            throw new DatasetException(
                examples.Files[other].Path, $"{images[other].Width}x{images[other].Height} pixels",
                $"{width}x{height}, as {examples.Files[0].Path} has");
        if ((long)images.Count * width * height > Array.MaxLength)
            throw new DatasetException(
                examples.Files[0].Path, $"{images.Count} pictures of {width}x{height} pixels",
                $"at most {Array.MaxLength} pixels in all");
        return Split.Of(
            images.SelectMany(image => image.Pixels).ToArray(), [.. examples.Files.Select(file => (byte)file.Label)],
            height, width);
    }

    private static List<GreyImage> Read(FolderExamples examples)
    {
        try
        {
            return [.. examples.Files.AsParallel().AsOrdered().Select(file => GreyImage.Read(file.Path))];
        }
        catch (AggregateException e) when (e.InnerException is FailureException failure)
        {
            throw failure;
        }
    }
}
