using ActorTrain.Core.Tests.Files;
using ActorTrain.Host.Commands;
using ActorTrain.Host.Data;
using SkiaSharp;

namespace ActorTrain.Host.Tests.Data;

public sealed class PictureFoldersTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Folders_of_pictures_are_a_data_set()
    {
        Picture("train/ant/b.png", 3, 2, 20);
        Picture("train/ant/a.png", 3, 2, 10);
        Picture("train/bee/c.png", 3, 2, 30);
        Picture("test/bee/d.png", 3, 2, 40);
        Picture("test/ant/e.png", 3, 2, 50);
        var data = await DataOption.Load(_folder.Path);
        Assert.Equal((2, 2, 3), (data.Classes, data.Train.Rows, data.Train.Columns));
        Assert.Equal([0, 0, 1], data.Train.Labels.ToArray());
        Assert.Equal(
            [10, 11, 12, 13, 14, 15, 20, 21, 22, 23, 24, 25, 30, 31, 32, 33, 34, 35], data.Train.Pixels.ToArray());
        Assert.Equal([0, 1], data.Test.Labels.ToArray());
        Assert.Equal([50, 40], new[] { data.Test.Image(0)[0], data.Test.Image(1)[0] });
        Assert.Equal(Path.GetFileName(_folder.Path), data.Name);
    }

    [Fact]
    public void Other_sizes_and_other_classes_are_named()
    {
        Picture("train/ant/a.png", 3, 2, 10);
        Picture("train/bee/a.png", 3, 3, 10);
        Picture("test/ant/a.png", 3, 2, 10);
        Picture("test/cow/a.png", 3, 2, 10);
        Assert.Equal(
            $"{_folder.At("test")}: the classes ant, cow; expected those of train: ant, bee.", Refused());
        Directory.Move(_folder.At("test/cow"), _folder.At("test/bee"));
        Assert.Equal(
            $"{_folder.At("train/bee/a.png")}: 3x3 pixels; expected 3x2, as {_folder.At("train/ant/a.png")} has.",
            Refused());
    }

    [Fact]
    public void A_file_that_is_no_picture_is_named()
    {
        foreach (var name in new[] { "train/ant/a.png", "train/bee/a.png", "test/ant/a.png", "test/bee/a.png" })
            Picture(name, 3, 2, 10);
        File.WriteAllText(_folder.At("test/bee/a.png"), "bee");
        Assert.Equal(
            $"{_folder.At("test/bee/a.png")}: not a PNG file.",
            Assert.Throws<FailureException>(() => PictureFolders.Load(_folder.Path)).Message);
    }

    [Fact]
    public void A_link_to_a_file_that_is_gone_is_named()
    {
        foreach (var name in new[] { "train/ant/a.png", "train/bee/a.png", "test/ant/a.png", "test/bee/a.png" })
            Picture(name, 3, 2, 10);
        var link = _folder.At("train/bee/b.png");
        File.CreateSymbolicLink(link, "gone.png");
        Assert.StartsWith(
            $"{link}: can't be read: ",
            Assert.Throws<FailureException>(() => PictureFolders.Load(_folder.Path)).Message, StringComparison.Ordinal);
    }

    private string Refused() => Assert.Throws<DatasetException>(() => PictureFolders.Load(_folder.Path)).Message;

    // Grey levels count from `first` on.
    private void Picture(string name, int width, int height, byte first)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(_folder.At(name))!);
        using var bitmap = new SKBitmap(width, height);
        for (var i = 0; i < width * height; i++)
        {
            var grey = (byte)(first + i);
            bitmap.SetPixel(i % width, i / width, new(grey, grey, grey));
        }
        using var png = bitmap.Encode(SKEncodedImageFormat.Png, 100);
        File.WriteAllBytes(_folder.At(name), png.ToArray());
    }
}
