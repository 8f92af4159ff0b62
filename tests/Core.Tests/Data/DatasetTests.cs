using ActorTrain.Core.Tests.Files;
using ActorTrain.Core.Tests.Support;

namespace ActorTrain.Core.Tests.Data;

public sealed class DatasetTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void The_last_training_examples_can_be_the_test_split()
    {
        var (whole, part) = (Tiny.Data, Tiny.Data.WithValidation(10));
        var pixels = whole.Train.Pixels;
        var expected = Dataset.Combine(
            "tiny", Split.Of(pixels[..120], whole.Train.Labels[..30], 2, 2),
            Split.Of(pixels[120..], whole.Train.Labels[30..], 2, 2), classes: 2);
        Assert.Equal(expected.Description, part.Description);
        Assert.NotEqual(whole.Normalization, part.Normalization);
        foreach (var count in new[] { 0, 40 })
            Assert.StartsWith(
                "tiny has 40 training examples; give 1 to 39 of them.",
                Assert.Throws<ArgumentOutOfRangeException>(() => whole.WithValidation(count)).Message,
                StringComparison.Ordinal);
    }

    [Fact]
    public void The_real_MNIST_is_whole()
    {
        var mnist = RealMnist.Dataset;
        Assert.Equal(("mnist", 10), (mnist.Name, mnist.Classes));
        Assert.Equal(
            (60_000, 28, 28, 784), (mnist.Train.Count, mnist.Train.Rows, mnist.Train.Columns, mnist.Train.Features));
        Assert.Equal(10_000, mnist.Test.Count);
        Assert.Equal([5, 0, 4, 1, 9, 2, 1, 3, 1, 4], mnist.Train.Labels[..10].ToArray());
        Assert.Equal([7, 2, 1, 0, 4, 1, 4, 9, 5, 9], mnist.Test.Labels[..10].ToArray());
        Assert.Equal([5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949], Counts(mnist.Train));
        Assert.Equal([980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009], Counts(mnist.Test));
    }

    [Fact]
    public void The_real_MNIST_has_the_checksums_that_Python_computes_from_the_same_files()
    {
        Assert.Equal(
            "b289b1b5c23585f16886d455f1d7efbf4e7551af4b2de62b4466a5ceeb482a06", RealMnist.Dataset.Train.Sha256);
        Assert.Equal("27556064a6812ea6055657abc8c0530016f5fd99f80f70e91bec275bae9fcf32", RealMnist.Dataset.Test.Sha256);
        Assert.Equal("482d015d0cbafb7883f63174f7649cf561776ade19a4754430c01707dcc8679e", RealMnist.Dataset.Sha256);
    }

    [Fact]
    public void The_real_MNIST_is_normalised_as_PyTorchs_examples_do() =>
        Assert.Equal(new Normalization(0.1307f, 0.3081f), RealMnist.Dataset.Normalization);

    [Theory, InlineData("", "-idx"), InlineData(".gz", "-idx"), InlineData("", ".idx"), InlineData(".gz", ".idx")]
    public void A_folder_of_IDX_files_is_a_data_set(string suffix, string idx)
    {
        WriteFolder(suffix, idx);
        var data = Dataset.FromIdxFolder(_folder.Path, "tiny");
        Assert.Equal(("tiny", 3), (data.Name, data.Classes));
        Assert.Equal([1, 2, 3, 4], data.Train.Image(0).ToArray());
        Assert.Equal([255, 0, 0, 0], data.Train.Image(1).ToArray());
        Assert.Equal([2, 0], data.Train.Labels.ToArray());
        Assert.Equal([9, 9, 9, 9], data.Test.Image(0).ToArray());
    }

    [Fact]
    public void How_files_are_named_and_compressed_does_not_change_the_checksum_but_one_pixel_does()
    {
        WriteFolder("", "-idx");
        var plain = Dataset.FromIdxFolder(_folder.Path);
        using var other = new TemporaryFolder();
        WriteFolder(".gz", ".idx", into: other);
        Assert.Equal(plain.Sha256, Dataset.FromIdxFolder(other.Path).Sha256);
        WriteFolder(".gz", ".idx", into: other, testPixel: 8);
        Assert.NotEqual(plain.Sha256, Dataset.FromIdxFolder(other.Path).Sha256);
        Assert.Equal(Path.GetFileName(_folder.Path), plain.Name);
    }

    [Fact]
    public void The_size_of_images_is_part_of_the_checksum() =>
        Assert.NotEqual(Split.Of([1, 2, 3, 4], [0], 2, 2).Sha256, Split.Of([1, 2, 3, 4], [0], 1, 4).Sha256);

    [Fact]
    public void Counts_that_differ_are_refused()
    {
        WriteFolder("", "-idx");
        var labels = _folder.At("train-labels-idx1-ubyte");
        File.WriteAllBytes(labels, IdxBytes.Labels(3, 0, 1, 2));
        Refused(() => Dataset.FromIdxFolder(_folder.Path),
            $"{labels}: 3 labels; expected 2, one for each image of {_folder.At("train-images-idx3-ubyte")}.");
    }

    [Fact]
    public void A_label_out_of_range_is_refused()
    {
        WriteFolder("", "-idx");
        var labels = _folder.At("t10k-labels-idx1-ubyte");
        File.WriteAllBytes(labels, IdxBytes.Labels(1, 3));
        Refused(() => Dataset.FromIdxFolder(_folder.Path), $"{labels}: label 3 at index 0; expected labels in 0..2.");
        File.WriteAllBytes(_folder.At("train-labels-idx1-ubyte"), IdxBytes.Labels(2, 1, 10));
        Refused(() => Dataset.Mnist(_folder.Path),
            $"{_folder.At("train-labels-idx1-ubyte")}: label 10 at index 1; expected labels in 0..9.");
    }

    [Fact]
    public void A_missing_file_is_refused_by_all_its_names()
    {
        WriteFolder(".gz", "-idx");
        File.Delete(_folder.At("t10k-labels-idx1-ubyte.gz"));
        Refused(
            () => Dataset.FromIdxFolder(_folder.Path),
            $"{_folder.Path}: has no t10k-labels-idx1-ubyte; expected one of the files t10k-labels-idx1-ubyte, "
            + "t10k-labels-idx1-ubyte.gz, t10k-labels.idx1-ubyte, t10k-labels.idx1-ubyte.gz.");
    }

    [Fact]
    public void A_missing_folder_is_refused() => Refused(
        () => Dataset.FromIdxFolder(_folder.At("no")),
        $"{_folder.At("no")}: no such folder; expected a folder with train-images-idx3-ubyte and the other IDX files.");

    [Fact]
    public void Test_images_of_another_size_are_refused() => Refused(
        () => Dataset.Combine("odd", Split.Of([1, 2], [0], 1, 2), Split.Of([1, 2], [0], 2, 1)),
        "odd: test images of 2x1 pixels; expected 1x2, as the training images have.");

    [Fact]
    public void MNIST_is_found_above_the_first_start_or_else_above_the_next()
    {
        using var other = new TemporaryFolder();
        var mnist = Directory.CreateDirectory(Path.Combine(_folder.Path, "data", "mnist")).FullName;
        var deep = Directory.CreateDirectory(Path.Combine(_folder.Path, "a", "b")).FullName;
        File.WriteAllBytes(Path.Combine(mnist, "train-images-idx3-ubyte.gz"), []);
        Assert.Equal(mnist, Dataset.FindMnistFrom(deep));
        Assert.Equal(mnist, Dataset.FindMnistFrom(other.Path, deep));
    }

    [Fact]
    public void If_MNIST_is_nowhere_the_error_says_where_it_was_looked_for_and_what_to_do()
    {
        var root = Path.GetPathRoot(_folder.Path)!;
        Refused(
            () => Dataset.FindMnistFrom(root),
            $"mnist: not found in {Path.Combine(root, "data", "mnist")}; expected a folder data/mnist with the four "
            + "IDX files there, or another folder given by name (--data FOLDER, Dataset.Mnist(folder)).");
    }

    [Fact]
    public void A_data_set_has_at_least_two_classes() =>
        Assert.Equal(2, Dataset.Combine("x", Split.Of([1], [0], 1, 1), Split.Of([1], [1], 1, 1)).Classes);

    [Fact]
    public void A_split_in_memory_needs_one_image_for_each_label() => Assert.Equal(
        "Split.Of: 3 pixels are not 2 images of 1x2; give one image for each label, at least one. (Parameter 'pixels')",
        Assert.Throws<ArgumentException>(() => Split.Of([1, 2, 3], [0, 1], 1, 2)).Message);

    [Theory, InlineData(-1), InlineData(1)]
    public void An_image_that_is_not_there_is_refused(int index) => Assert.Equal(
        $"Split.Image: index {index}; give 0..0. (Parameter 'index')",
        Assert.Throws<ArgumentOutOfRangeException>(() => { Split.Of([1], [0], 1, 1).Image(index); }).Message);

    private static int[] Counts(Split split)
    {
        var counts = new int[10];
        foreach (var label in split.Labels) counts[label]++;
        return counts;
    }

    private static void Refused(Func<object> load, string message) =>
        Assert.Equal(message, Assert.Throws<DatasetException>(load).Message);

    private void WriteFolder(string suffix, string idx, TemporaryFolder? into = null, byte testPixel = 9)
    {
        Write("train-images-idx3-ubyte", IdxBytes.Images(2, 2, 2, 1, 2, 3, 4, 255, 0, 0, 0));
        Write("train-labels-idx1-ubyte", IdxBytes.Labels(2, 2, 0));
        Write("t10k-images-idx3-ubyte", IdxBytes.Images(1, 2, 2, testPixel, 9, 9, 9));
        Write("t10k-labels-idx1-ubyte", IdxBytes.Labels(1, 1));

        void Write(string name, byte[] contents) => File.WriteAllBytes(
            (into ?? _folder).At(name.Replace("-idx", idx, StringComparison.Ordinal) + suffix), suffix.Length > 0
                ? IdxBytes.Gzip(contents)
                : contents);
    }
}
