using System.IO.Compression;
using ActorTrain.Core.Tests.Files;
using ActorTrain.Host.Data;

namespace ActorTrain.Host.Tests.Data;

public sealed class EmnistTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Images_are_turned_into_MNISTs_orientation()
    {
        Emnist.Unpack(Archive("emnist-digits", label: 9), "emnist-digits", _folder.At("emnist-digits"));
        var data = Dataset.FromIdxFolder(_folder.At("emnist-digits"));
        Assert.Equal((3, 2), (data.Train.Rows, data.Train.Columns));
        // As it lies in the archive, row by row: 0 1 2 / 3 4 5 and 6 7 8 / 9 10 11.
        Assert.Equal([0, 3, 1, 4, 2, 5, 6, 9, 7, 10, 8, 11], data.Train.Pixels.ToArray());
        Assert.Equal([9, 9], data.Train.Labels.ToArray());
        Assert.Equal([0, 3, 1, 4, 2, 5], data.Test.Image(0).ToArray());
        Assert.Equal(["a.zip"], _folder.Names);
    }

    [Fact]
    public void Letters_are_numbered_from_0()
    {
        Emnist.Unpack(Archive("emnist-letters", label: 26), "emnist-letters", _folder.At("out"));
        Assert.Equal([25, 25], Dataset.FromIdxFolder(_folder.At("out")).Train.Labels.ToArray());
    }

    [Fact]
    public void An_archive_without_the_data_set_leaves_nothing_behind()
    {
        var archive = Archive("emnist-digits", label: 1);
        Assert.Equal(
            $"{archive}: has no emnist-balanced-train-images-idx3-ubyte.gz; expected EMNIST's archive gzip.zip.",
            Assert.Throws<DatasetException>(
                () => Emnist.Unpack(archive, "emnist-balanced", _folder.At("out"))).Message);
        Assert.Empty(Directory.GetDirectories(_folder.Path));
    }

    [Fact]
    public void A_damaged_archive_is_named_with_what_to_do()
    {
        File.WriteAllText(_folder.At("gzip.zip"), "no zip");
        Assert.Equal(
            $"{_folder.At("gzip.zip")}: no zip archive, or a damaged one; expected EMNIST's archive gzip.zip; delete "
            + "the file, and it is downloaded again.",
            Assert.Throws<DatasetException>(
                () => Emnist.Unpack(_folder.At("gzip.zip"), "emnist-digits", _folder.At("out"))).Message);
        Assert.Equal(["gzip.zip"], _folder.Names);
    }

    [Theory, InlineData("emnist-digits", true), InlineData("emnist-letters", true), InlineData("emnist", false),
     InlineData("emnist-hats", false), InlineData("digits", false)]
    public void Its_data_sets_have_names(string name, bool isOne) => Assert.Equal(isOne, Emnist.IsName(name));

    private string Archive(string name, byte label)
    {
        using var zip = ZipFile.Open(_folder.At("a.zip"), ZipArchiveMode.Create);
        foreach (var (split, count) in new[] { ("train", 2), ("test", 1) })
        {
            Add(zip, $"gzip/{name}-{split}-images-idx3-ubyte.gz",
                [
                    0, 0, 8, 3, 0, 0, 0, (byte)count, 0, 0, 0, 2, 0, 0, 0, 3,
                    .. Enumerable.Range(0, count * 6).Select(i => (byte)i),
                ]);
            Add(zip, $"gzip/{name}-{split}-labels-idx1-ubyte.gz",
                [0, 0, 8, 1, 0, 0, 0, (byte)count, .. Enumerable.Repeat(label, count)]);
        }
        return _folder.At("a.zip");
    }

    private static void Add(ZipArchive zip, string name, byte[] contents)
    {
        using var entry = zip.CreateEntry(name).Open();
        using var gzip = new GZipStream(entry, CompressionLevel.Fastest);
        gzip.Write(contents);
    }
}
