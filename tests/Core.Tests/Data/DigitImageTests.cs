namespace ActorTrain.Core.Tests.Data;

public class DigitImageTests
{
    private const int Size = DigitImage.Size;

    public static TheoryData<int> Examples => [.. Enumerable.Range(0, 100)];

    [Theory, MemberData(nameof(Examples))]
    public void An_image_of_MNIST_comes_back_as_it_was(int index)
    {
        var original = Digit(index);
        AssertSame(original, DigitImage.FromGrey(original, Size, Size, "x"));
    }

    [Theory, MemberData(nameof(Examples))]
    public void Scaled_up_inverted_and_shifted_it_comes_back_as_it_was(int index)
    {
        var original = Digit(index);
        var picture = Enlarge(original, factor: 4, width: 200, height: 150, left: 61, top: 13);
        for (var i = 0; i < picture.Length; i++) picture[i] = (byte)(255 - picture[i]);
        AssertSame(original, DigitImage.FromGrey(picture, 200, 150, "x"));
    }

    [Theory, MemberData(nameof(Examples))]
    public void Grey_ink_on_noisy_paper_comes_back_nearly_as_it_was(int index)
    {
        var original = Digit(index);
        var picture = Enlarge(original, factor: 5, width: 160, height: 170, left: 9, top: 20);
        for (var i = 0; i < picture.Length; i++)
            picture[i] = (byte)(
                220 - (picture[i] * 0.6f) + (8 * Philox.Uniform(1, RandomPurpose.Augmentation, (uint)index, (ulong)i)));
        var difference = Difference(original, DigitImage.FromGrey(picture, 160, 170, "x"));
        Assert.True(difference < 6, $"mean absolute difference {difference}");
    }

    [Fact]
    public void A_crop_to_the_ink_is_enough()
    {
        // A ring that touches all four edges: the border is undecided, the majority of pixels is not.
        var picture = new byte[30 * 30];
        for (var i = 0; i < picture.Length; i++)
            picture[i] = Math.Abs(Math.Sqrt(Math.Pow((i % 30) - 14.5, 2) + Math.Pow((i / 30) - 14.5, 2)) - 13) < 2
                ? (byte)0
                : (byte)255;
        var digit = DigitImage.FromGrey(picture, 30, 30, "x");
        Assert.Equal(0, digit[0]);
        Assert.Equal(0, digit[(14 * Size) + 14]);
        Assert.Equal(255, digit.Max());
    }

    [Fact]
    public void A_thin_stroke_keeps_its_full_strength_and_its_aspect_ratio()
    {
        var picture = new byte[400 * 300];
        for (var y = 50; y < 250; y++) picture.AsSpan((y * 400) + 100, 10).Fill(200);
        var digit = DigitImage.FromGrey(picture, 400, 300, "x");
        // 10x200 pixels become 1x20, centred on (14, 14): rows 4 to 23 of column 14.
        for (var y = 0; y < Size; y++)
            for (var x = 0; x < Size; x++)
                Assert.Equal(x == 14 && y is >= 4 and < 24 ? 255 : 0, digit[(y * Size) + x]);
    }

    [Fact]
    public void A_single_dark_pixel_is_a_full_box() => Assert.Equal(
        400, DigitImage.FromGrey([255, 255, 255, 255, 0, 255, 255, 255, 255], 3, 3, "x").Count(v => v == 255));

    [Theory, InlineData(1, 1), InlineData(7, 5)]
    public void A_blank_picture_is_refused(int width, int height)
    {
        var picture = new byte[width * height];
        Array.Fill(picture, (byte)200);
        Assert.Equal(
            "scan.png: a blank picture (grey levels 200 to 200); expected a digit at least 16 levels darker or lighter "
            + "than its background.",
            Assert.Throws<DatasetException>(() => DigitImage.FromGrey(picture, width, height, "scan.png")).Message);
    }

    [Fact]
    public void A_wrong_number_of_pixels_is_refused() => Assert.Equal(
        "DigitImage.FromGrey: 3 pixels are not 2x2; give width·height. (Parameter 'grey')",
        Assert.Throws<ArgumentException>(() => DigitImage.FromGrey([1, 2, 3], 2, 2, "x")).Message);

    [Fact]
    public void Any_small_picture_with_contrast_gives_a_digit_with_full_strokes()
    {
        for (var i = 0; i < 2000; i++)
        {
            var width = 1 + (i % 9);
            var height = 1 + (i / 9 % 7);
            var picture = new byte[width * height];
            for (var p = 0; p < picture.Length; p++)
                picture[p] = (byte)(256 * Philox.Uniform(3, RandomPurpose.Augmentation, (uint)i, (ulong)p));
            if (picture.Max() - picture.Min() < 16) continue;
            Assert.Equal(255, DigitImage.FromGrey(picture, width, height, "x").Max());
        }
    }

    private static byte[] Digit(int index) => RealMnist.Dataset.Test.Image(index).ToArray();

    private static byte[] Enlarge(byte[] digit, int factor, int width, int height, int left, int top)
    {
        var picture = new byte[width * height];
        for (var y = 0; y < Size * factor; y++)
            for (var x = 0; x < Size * factor; x++)
                picture[((top + y) * width) + left + x] = digit[(y / factor * Size) + (x / factor)];
        return picture;
    }

    // A tenth of the images has a peak of 254, which becomes 255 and takes the bright pixels along by one level.
    private static void AssertSame(byte[] original, byte[] digit) =>
        Assert.All(
            original.Zip(digit), pair => Assert.InRange(pair.Second - pair.First, 0, original.Max() == 255 ? 0 : 1));

    private static double Difference(byte[] original, byte[] digit) =>
        original.Zip(digit).Average(pair => Math.Abs(pair.First - pair.Second));
}
