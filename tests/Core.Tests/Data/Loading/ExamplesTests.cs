using ActorTrain.Core.Tests.Files;
using ActorTrain.Interop;
using ActorTrain.Interop.NumPy;
using FsCheck.Xunit;

namespace ActorTrain.Core.Tests.Data.Loading;

public class ExamplesTests
{
    [Fact]
    public void Images_of_a_split_are_bytes_as_numbers_in_one_channel()
    {
        var examples = Examples.Of(Split.Of([0, 1, 2, 3, 254, 255], [7, 8, 9], 1, 2));
        Assert.Equal(3, examples.Count);
        var (input, label) = examples[2];
        Assert.Equal([254, 255], input.ToArray());
        Assert.Equal([1, 1, 2], input.Shape);
        Assert.Equal(9, label);
    }

    [Fact]
    public void Rows_of_arrays_come_one_by_one()
    {
        var examples = Examples.Of(Tensor.Arange(6).View(3, 1, 2).Transpose(1, 2), [2, 1, 0]);
        Assert.Equal(3, examples.Count);
        var (input, label) = examples[1];
        Assert.Equal([2, 3], input.ToArray());
        Assert.Equal([2, 1], input.Shape);
        Assert.Equal(1, label);
        Assert.Equal(
            "Examples.Of: inputs has shape [2, 3], expected [3, …]. Give one row for each label.",
            Assert.Throws<ShapeMismatchException>(() => Examples.Of(Tensor.Zeros([2, 3]), [0, 1, 2])).Message);
    }

    [Fact]
    public void NumPys_arrays_are_examples()
    {
        var examples = Examples.OfNumPy(
            Npy.Encode(Tensor.Arange(6).View(3, 2)), Npy.Encode(Tensor.From([2, 0, 1], [3])));
        Assert.Equal([2, 0, 1], Enumerable.Range(0, 3).Select(i => examples[i].Label));
        Assert.Equal([4, 5], examples[2].Input.ToArray());
        foreach (var wrong in new[] { -1f, 0.5f, float.NaN })
            Assert.Equal(
                $"labels: {wrong:R} at index 1, where 0, 1, 2, … belong",
                Assert.Throws<InteropException>(() => Examples.OfNumPy(
                    Npy.Encode(Tensor.Zeros([2, 2])), Npy.Encode(Tensor.From([0, wrong], [2])))).Message.TrimEnd('.'));
    }

    [Fact]
    public void Lines_of_numbers_are_examples_with_the_label_first_or_named()
    {
        var examples = Csv("2,0.5,-1e3\n\n0, 7 ,8\n");
        Assert.Equal((2, 2, 0), (examples.Count, examples[0].Label, examples[1].Label));
        Assert.Equal([0.5f, -1000], examples[0].Input.ToArray());
        var named = Csv("\"width\",class,height\r\n1,3,2\r\n", "class");
        Assert.Equal(3, named[0].Label);
        Assert.Equal([1, 2], named[0].Input.ToArray());
        var numbered = Csv("0,1,class\n1,3,2\n", "class");
        Assert.Equal((1, 2), (numbered.Count, numbered[0].Label));
        Assert.Equal([1, 3], numbered[0].Input.ToArray());
    }

    [Theory]
    [InlineData("1,2\n1,x", null, "data.csv, line 2: 'x' in field 2; expected a number.")]
    [InlineData("1,2,\n0,1,2", null, "data.csv, line 1: '' in field 3; expected a number.")]
    [InlineData("1,2,x\n0,1,2", null, "data.csv, line 1: 'x' in field 3; expected a number.")]
    [InlineData("1,2\n1,2,3", null, "data.csv, line 2: 3 fields; expected 2, as in the first line.")]
    [InlineData("1,2\n-1,2", null, "data.csv, line 2: the label '-1'; expected a whole number from 0.")]
    [InlineData("a,b\n", null,
        "data.csv: no examples; expected a line of numbers for each, one of them its label.")]
    [InlineData("a,b\n1,2", "c", "data.csv: no column c; expected one of a, b as the label.")]
    [InlineData("1,2", "c", "data.csv: no header that names the column c; expected a first line with names.")]
    public void Lines_that_are_no_examples_are_named(string text, string? label, string message) =>
        Assert.Equal(message, Assert.Throws<DatasetException>(() => Csv(text, label)).Message);

    [Property(MaxTest = 1000)]
    public bool Damaged_lines_are_examples_or_a_DatasetException(ushort place, char other, bool isNamed)
    {
        var text = "height,class,\"width\"\r\n1e3,3,2\n\n-0.5,0,7\n".ToCharArray();
        text[place % text.Length] = other;
        try
        {
            return Csv(new(text), isNamed ? "class" : null).Count > 0;
        }
        catch (DatasetException)
        {
            return true;
        }
    }

    [Fact]
    public void A_folder_for_each_class_has_examples_in_the_order_of_names()
    {
        using var folder = new TemporaryFolder();
        Fill(folder, "cat/b.txt", "cat/a.TXT", "cat/readme.md", "ant/z.txt");
        var examples = new FolderExamples(
            folder.Path, ".txt", path => Tensor.Full([1], File.ReadAllText(path).Length));
        Assert.Equal(["ant", "cat"], examples.Classes);
        Assert.Equal(["z.txt", "a.TXT", "b.txt"], examples.Files.Select(file => Path.GetFileName(file.Path)));
        Assert.Equal([0, 1, 1], Enumerable.Range(0, examples.Count).Select(i => examples[i].Label));
        Assert.Equal("cat/a.TXT".Length, examples[1].Input.Item());
    }

    [Fact]
    public void Folders_without_classes_or_without_files_are_named()
    {
        using var folder = new TemporaryFolder();
        Fill(folder, "cat/a.png");
        Assert.Equal(
            $"{folder.Path}: 1 folders; expected one for each class, at least 2.", Refused(folder.Path));
        Fill(folder, "dog/a.txt");
        Assert.Equal($"{folder.At("dog")}: no .png files; expected at least one.", Refused(folder.Path));
        Assert.Equal(
            $"{folder.At("owl")}: no such folder; expected a folder with one folder for each class.",
            Refused(folder.At("owl")));
    }

    private static string Refused(string folder) =>
        Assert.Throws<DatasetException>(() => new FolderExamples(folder, ".png", _ => Tensor.Scalar(0))).Message;

    private static void Fill(TemporaryFolder folder, params IEnumerable<string> files)
    {
        foreach (var file in files)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(folder.At(file))!);
            File.WriteAllText(folder.At(file), file);
        }
    }

    private static IExamples Csv(string text, string? label = null)
    {
        using var reader = new StringReader(text);
        return Examples.OfCsv(reader, "data.csv", label);
    }
}
