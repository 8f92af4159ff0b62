namespace ActorTrain.Core.Tests.Data;

/// <summary>
/// The first of MNIST's digits, for runs that need them short rather than good: an epoch and its test take little.
/// </summary>
internal static class FewDigits
{
    /// <summary>Training examples.</summary>
    public const int Training = 2000;

    private const int Test = 500;

    private static readonly Lazy<Dataset> Loaded = new(() => Dataset.FromIdxFolder(Folder!));

    /// <summary>Where they lie, until this process ends.</summary>
    public static string Folder { get; } = WriteFolder();

    /// <summary>They themselves.</summary>
    public static Dataset Data => Loaded.Value;

    private static string WriteFolder()
    {
        var folder = Directory.CreateTempSubdirectory("digits-").FullName;
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Directory.Delete(folder, recursive: true);
        var mnist = Dataset.Mnist();
        Write("train", mnist.Train, Training);
        Write("t10k", mnist.Test, Test);
        return folder;

        void Write(string name, Split split, int count)
        {
            var images = split.Pixels[..(count * split.Features)];
            var labels = split.Labels[..count];
            File.WriteAllBytes(
                Path.Combine(folder, $"{name}-images-idx3-ubyte.gz"),
                IdxBytes.Gzip(IdxBytes.Images((uint)count, (uint)split.Rows, (uint)split.Columns, images)));
            File.WriteAllBytes(
                Path.Combine(folder, $"{name}-labels-idx1-ubyte.gz"),
                IdxBytes.Gzip(IdxBytes.Labels((uint)count, labels)));
        }
    }
}
