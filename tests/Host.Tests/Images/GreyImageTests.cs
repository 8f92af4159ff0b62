using ActorTrain.Core.Tests.Files;
using ActorTrain.Host.Images;
using FsCheck.Xunit;
using SkiaSharp;

namespace ActorTrain.Host.Tests.Images;

public sealed class GreyImageTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_grey_PNG_keeps_its_numbers()
    {
        var image = Read(Png(256, 2, (x, y) => Grey((byte)(y == 0 ? x : 255 - x))));
        Assert.Equal((256, 2), (image.Width, image.Height));
        Assert.Equal<byte>([.. Enumerable.Range(0, 256).Select(x => (byte)x), .. Enumerable.Range(0, 256)
            .Select(x => (byte)(255 - x))], image.Pixels);
    }

    [Fact]
    public void Colours_become_luminance_of_Rec_601()
    {
        SKColor[] colours = [new(255, 0, 0), new(0, 255, 0), new(0, 0, 255), new(255, 255, 255)];
        Assert.Equal<byte>([76, 150, 29, 255], Read(Png(4, 1, (x, _) => colours[x])).Pixels);
    }

    [Fact]
    public void Transparent_parts_are_white_paper()
    {
        SKColor[] colours = [new(0, 0, 0, 0), new(0, 0, 0, 255), new(0, 0, 0, 51), new(200, 200, 200, 128)];
        Assert.Equal<byte>([255, 0, 204, 227], Read(Png(4, 1, (x, _) => colours[x])).Pixels);
    }

    [Fact]
    public void A_missing_file_is_named() => Refused(null, "no such file; give PNG files of digits.");

    [Theory]
    [InlineData("")]
    [InlineData("not a picture")]
    public void A_file_that_is_no_PNG_is_refused(string content) =>
        Refused(System.Text.Encoding.ASCII.GetBytes(content), "not a PNG file.");

    [Fact]
    public void A_PNG_without_a_picture_is_refused() =>
        Refused(Png(64, 64, (_, _) => Grey(0))[..20], "the PNG is damaged.");

    [Fact]
    public void A_truncated_PNG_is_refused()
    {
        var whole = Png(64, 64, (x, y) => Grey((byte)(x * y)));
        Refused(whole[..(whole.Length / 2)], "the PNG is damaged or cut off.");
    }

    [Fact]
    public void A_PNG_with_too_long_a_side_is_refused() =>
        Refused(Png(8193, 1, (_, _) => Grey(0)), "8193x1 pixels; give at most 8192x8192.");

    [Fact]
    public void A_PNG_with_the_longest_side_is_read() =>
        Assert.Equal(8192, Read(Png(8192, 1, (_, _) => Grey(7))).Width);

    [Fact]
    public void A_file_that_can_not_be_read_is_named()
    {
        if (!OperatingSystem.IsLinux()) Assert.Skip("needs a file that nobody can read, not even root");
        var path = _folder.At("a.png");
        File.CreateSymbolicLink(path, "/proc/self/mem");
        Assert.StartsWith(
            $"{path}: can't be read: ", Assert.Throws<FailureException>(() => GreyImage.Read(path)).Message,
            StringComparison.Ordinal);
    }

    [Property]
    public bool A_damaged_PNG_is_a_picture_or_a_FailureException(ushort place, byte change, ushort end)
    {
        var bytes = Png(16, 16, (x, y) => Grey((byte)(x * y)));
        var cut = bytes[..(end % bytes.Length)];
        bytes[place % bytes.Length] ^= change;
        return Holds(bytes) && Holds(cut);

        bool Holds(byte[] damaged)
        {
            try
            {
                return Read(damaged) is { Width: > 0, Height: > 0 };
            }
            catch (FailureException)
            {
                return true;
            }
        }
    }

    private GreyImage Read(byte[] content)
    {
        File.WriteAllBytes(_folder.At("a.png"), content);
        return GreyImage.Read(_folder.At("a.png"));
    }

    private void Refused(byte[]? content, string problem)
    {
        var path = _folder.At("a.png");
        if (content is not null) File.WriteAllBytes(path, content);
        Assert.Equal($"{path}: {problem}", Assert.Throws<FailureException>(() => GreyImage.Read(path)).Message);
    }

    private static SKColor Grey(byte grey) => new(grey, grey, grey);

    private static byte[] Png(int width, int height, Func<int, int, SKColor> color)
    {
        using var bitmap = new SKBitmap(new SKImageInfo(width, height, SKColorType.Rgba8888, SKAlphaType.Unpremul));
        for (var y = 0; y < height; y++)
            for (var x = 0; x < width; x++) bitmap.SetPixel(x, y, color(x, y));
        using var data = bitmap.Encode(SKEncodedImageFormat.Png, 100);
        return data.ToArray();
    }
}
