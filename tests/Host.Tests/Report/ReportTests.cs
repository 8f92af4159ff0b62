using ActorTrain.Benchmarks.Report;

namespace ActorTrain.Host.Tests.Report;

public class ReportTests
{
    private static readonly Section Kernel = new("Kernel", "Said.", ["a", "b"], [["1", "2"]]);

    [Fact]
    public void A_section_is_a_heading_a_text_a_table_and_pictures() => Assert.Equal(
        "## Kernel\n\nSaid.\n\n| a | b |\n| --- | --- |\n| 1 | 2 |\n\n![It](images/it.png)\n",
        (Kernel with { Pictures = [("It", "it.png", [])] }).Markdown());

    [Fact]
    public void A_page_is_read_as_it_was_written()
    {
        var page = new BenchmarksPage("a machine", [("One", "first\n\n| a |\n| --- |"), ("Two", "second")]);
        var read = BenchmarksPage.Parse($"{page}");
        Assert.Equal("a machine", read.Machine);
        Assert.Equal(page.Sections, read.Sections);
        Assert.Equal($"{page}", $"{read}");
    }

    [Fact]
    public void A_page_that_names_no_machine_is_of_none() => Assert.Equal("", BenchmarksPage.Parse("# Typed").Machine);

    [Fact]
    public void Sections_take_the_place_of_those_of_their_heading_and_new_ones_come_last()
    {
        var page = new BenchmarksPage("m", [("One", "old"), ("Two", "stays")]).With([("Three", "new"), ("One", "new")]);
        Assert.Equal<(string, string)>([("One", "new"), ("Two", "stays"), ("Three", "new")], page.Sections);
    }

    [Fact]
    public void A_bar_stands_beside_its_figure_with_what_follows()
    {
        Assert.Equal("1.62 (≤ 1.6: **not met**)", Bar.AtMost(1.6).Judge(1.62));
        Assert.Equal("1.60 (≤ 1.6: met)", Bar.AtMost(1.6).Judge(1.6));
        Assert.Equal("1.75 (≥ 1.75: met)", Bar.AtLeast(1.75).Judge(1.75));
        Assert.Equal("84 % (≥ 85 %: **not met**)", Bar.AtLeast(0.85).Judge(0.84, Figures.Percent));
        Assert.Equal("-", Bar.AtLeast(1).Judge(double.NaN));
    }

    [Fact]
    public void Contenders_take_turns()
    {
        List<string> order = [];
        var figures = Turns.Take(2, [() => Measure("a", 3, 1), () => Measure("b"), () => Measure("c", 5)]);
        Assert.Equal(["a", "b", "c", "a", "b", "c"], order);
        Assert.Equal(["2.00 (1.00 to 3.00)", "absent", "5.00 (5.00 to 5.00)"], figures.Select(f => $"{f}"));

        IEnumerable<double> Measure(string name, params double[] measured)
        {
            order.Add(name);
            return measured;
        }
    }
}
