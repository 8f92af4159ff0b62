using ActorTrain.Core.Tests.Files;
using ActorTrain.Host.Images;
using ActorTrain.Host.Pictures;
using FsCheck.Xunit;
using ScottPlot;

namespace ActorTrain.Host.Tests.Pictures;

public class PictureTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(5)]
    [InlineData(100)]
    public void Curves_of_any_number_of_epochs_are_a_picture_of_1000_by_450_with_a_title_over_each_panel(int epochs)
    {
        var picture = Decoded(TrainingCurves.Png([.. Enumerable.Range(1, epochs).Select(e => Epoch(e, 1.0 / e))]));
        Assert.Equal((1000, 450), (picture.Width, picture.Height));
        Assert.True(HasInk(picture, 200, 330, 4, 28), "no text over the left panel");
        Assert.True(HasInk(picture, 700, 850, 4, 28), "no text over the right panel");
    }

    [Fact]
    public void Curves_of_a_run_that_diverged_are_still_drawn()
    {
        var picture = Decoded(TrainingCurves.Png([Epoch(1, double.NaN), Epoch(2, double.PositiveInfinity)]));
        Assert.True(HasInk(picture, 200, 330, 4, 28), "no text over the left panel");
    }

    [Fact]
    public void The_same_epochs_make_the_same_bytes() => Assert.Equal(
        TrainingCurves.Png([Epoch(1, 0.5), Epoch(2, 0.25)]), TrainingCurves.Png([Epoch(1, 0.5), Epoch(2, 0.25)]));

    [Fact]
    public void Curves_need_an_epoch() => Assert.Equal(
        "There is no epoch to draw. (Parameter 'epochs')",
        Assert.Throws<ArgumentException>(() => TrainingCurves.Png([])).Message);

    [Theory]
    [InlineData(1, "Accuracy: 97.62 % on the test set after 1 epoch")]
    [InlineData(5, "Accuracy: 97.62 % on the test set after 5 epochs")]
    public void The_title_says_how_well_it_went(int epoch, string expected) =>
        Assert.Equal(expected, TrainingCurves.AccuracyTitle(Epoch(epoch, 0.5) with { TestAccuracy = 0.9762 }));

    [Theory]
    [InlineData(1, 1, new[] { 1 })]
    [InlineData(1, 10, new[] { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 })]
    [InlineData(1, 11, new[] { 2, 4, 6, 8, 10 })]
    [InlineData(3, 5, new[] { 3, 4, 5 })]
    [InlineData(1, 100, new[] { 10, 20, 30, 40, 50, 60, 70, 80, 90, 100 })]
    public void Epoch_ticks_are_round_numbers(int first, int last, int[] expected) =>
        Assert.Equal<int>(expected, TrainingCurves.EpochTicks(first, last));

    [Property]
    public bool There_are_one_to_ten_epoch_ticks_and_all_are_epochs(ushort first, ushort more)
    {
        var ticks = TrainingCurves.EpochTicks(first + 1, first + 1 + more);
        return ticks.Count is >= 1 and <= 10 && ticks.All(t => t > first && t <= first + 1 + more);
    }

    [Theory]
    [InlineData(new[] { 91.5, 97.6 }, 90)]
    [InlineData(new[] { 99.0, 100.0 }, 90)]
    [InlineData(new[] { 100.0 }, 90)]
    [InlineData(new[] { 9.8, 97.6 }, 0)]
    [InlineData(new[] { double.NaN, 55 }, 50)]
    [InlineData(new[] { double.NaN }, 0)]
    public void The_accuracy_axis_begins_at_the_tens_below_the_least(double[] percents, double expected) =>
        Assert.Equal(expected, TrainingCurves.AccuracyFloor(percents));

    [Theory]
    [InlineData(1)]
    [InlineData(10)]
    [InlineData(47)]
    public void A_confusion_matrix_of_any_number_of_classes_is_a_picture_with_a_title(int classes)
    {
        var picture = Decoded(ConfusionMatrix.Png(new(0, [.. Enumerable.Range(0, classes * classes)], classes)));
        Assert.Equal((740, 740), (picture.Width, picture.Height));
        Assert.True(HasInk(picture, 250, 500, 4, 30), "no text over the matrix");
    }

    [Fact]
    public void A_cell_with_a_mistake_has_its_count_and_an_empty_one_has_none()
    {
        var picture = Decoded(ConfusionMatrix.Png(new(0, [5, 1, 0, 5], 2)));
        // The middles of the upper right cell (actual 0, predicted 1) and of the lower left one.
        Assert.True(HasTwoTones(picture, 540, 570, 190, 220));
        Assert.False(HasTwoTones(picture, 195, 225, 520, 550));
    }

    [Theory]
    [InlineData(new[] { 90, 10, 0, 100 }, "95.00 % right (190 of 200)")]
    [InlineData(new[] { 0, 0, 0, 0 }, "no examples")]
    public void A_matrix_says_how_many_were_right(int[] counts, string expected) =>
        Assert.Equal(expected, ConfusionMatrix.Title(new(0, counts, 2)));

    [Fact]
    public void Text_is_drawn_with_the_font_inside_the_program()
    {
        using var font = Fonts.GetTypeface(PictureFont.Name, bold: false, italic: false);
        // The machine's own DejaVu Sans, if it has one, has thousands of glyphs.
        Assert.Equal("DejaVu Sans", font.FamilyName);
        Assert.InRange(font.GlyphCount, 100, 300);
        Assert.DoesNotContain((ushort)0, font.GetGlyphs("Accuracy: 97.62 % (x, y) – ² 0123456789"));
    }

    private static EpochSummary Epoch(int epoch, double loss) =>
        new(epoch, loss, 0.9, loss, 0.95, 60000, 60000, "3fa9");

    private static GreyImage Decoded(byte[] png)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(folder.At("picture.png"), png);
        return GreyImage.Read(folder.At("picture.png"));
    }

    private static bool HasInk(GreyImage picture, int left, int right, int top, int bottom) =>
        Tones(picture, left, right, top, bottom).Any(tone => tone < 100);

    private static bool HasTwoTones(GreyImage picture, int left, int right, int top, int bottom) =>
        Tones(picture, left, right, top, bottom).Distinct().Skip(1).Any();

    private static IEnumerable<byte> Tones(GreyImage picture, int left, int right, int top, int bottom) =>
        from y in Enumerable.Range(top, bottom - top)
        from x in Enumerable.Range(left, right - left)
        select picture.Pixels[(y * picture.Width) + x];
}
