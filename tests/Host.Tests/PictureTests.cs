using ActorTrain.Host.Images;
using ActorTrain.Host.Pictures;
using SkiaSharp;

namespace ActorTrain.Host.Tests;

public sealed class PictureTests : IDisposable
{
    private readonly string _file = Path.Combine(Path.GetTempPath(), $"{Guid.NewGuid():N}.png");

    public void Dispose() => File.Delete(_file);

    [Fact]
    public void Colours_become_luminance_and_transparent_parts_white()
    {
        Write(new SKColor(255, 0, 0), new SKColor(0, 255, 0), new SKColor(10, 20, 30, 0), SKColors.White);
        var image = GreyImage.Read(_file);
        Assert.Equal((4, 1), (image.Width, image.Height));
        Assert.Equal([76, 150, 255, 255], image.Pixels);
    }

    [Fact]
    public void A_picture_that_is_cut_off_is_refused()
    {
        Write([.. Enumerable.Range(0, 4000).Select(i => new SKColor((byte)(i * 7), (byte)(i * 13), (byte)(i * 31)))]);
        var bytes = File.ReadAllBytes(_file);
        File.WriteAllBytes(_file, bytes[..(bytes.Length / 2)]);
        Assert.Equal($"{_file}: the PNG is damaged or cut off.", Assert.Throws<FailureException>(() => GreyImage.Read(_file)).Message);
    }

    [Fact]
    public void A_picture_that_is_too_large_is_refused()
    {
        Write([.. Enumerable.Repeat(SKColors.White, GreyImage.MaxSide + 1)]);
        Assert.Equal($"{_file}: 8193x1 pixels; give at most 8192x8192.", Assert.Throws<FailureException>(() => GreyImage.Read(_file)).Message);
    }

    [Theory, InlineData(1), InlineData(5)]
    public void Curves_are_a_picture_for_one_epoch_and_for_many(int epochs)
    {
        var history = Enumerable.Range(1, epochs).Select(e => new EpochSummary(e, 1.0 / e, 0.9, 1.2 / e, 0.91, 10, 10, "00")).ToList();
        using var bitmap = SKBitmap.Decode(TrainingCurves.Png(history));
        Assert.Equal((1000, 420), (bitmap.Width, bitmap.Height));
        Assert.Contains(Pixels(bitmap), p => p == SKColor.Parse(Palette.Test.ToHex()));
    }

    [Fact]
    public void A_confusion_matrix_is_dark_where_predictions_are_right()
    {
        using var bitmap = SKBitmap.Decode(ConfusionMatrix.Png(new Evaluation(1, [8, 2, 0, 10], Classes: 2)));
        Assert.Equal((720, 680), (bitmap.Width, bitmap.Height));
        Assert.True(bitmap.GetPixel(130, 110).Red < 100, "class 0 as class 0, upper left");
        Assert.True(bitmap.GetPixel(130, 560).Red > 200, "class 1 as class 0, lower left");
    }

    private static IEnumerable<SKColor> Pixels(SKBitmap bitmap) => bitmap.Pixels;

    private void Write(params SKColor[] row)
    {
        using var bitmap = new SKBitmap(row.Length, 1, SKColorType.Rgba8888, SKAlphaType.Unpremul);
        for (var x = 0; x < row.Length; x++) bitmap.SetPixel(x, 0, row[x]);
        using var png = bitmap.Encode(SKEncodedImageFormat.Png, 100);
        File.WriteAllBytes(_file, png.ToArray());
    }
}
