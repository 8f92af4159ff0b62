using ActorTrain.Host.Terminal;

namespace ActorTrain.Host.Tests.Terminal;

public class ProbabilityBarsTests
{
    [Fact]
    public void A_prediction_is_a_headline_and_a_bar_for_each_class() => Assert.Equal<string>(
        [
            "seven.png: 1 (75.0 %)",
            "  0  ██████████" + new string(' ', 30) + "  25.0 %",
            "  1  " + new string('█', 30) + new string(' ', 10) + "  75.0 %",
            "  2  " + new string(' ', 40) + "   0.0 %",
        ],
        ProbabilityBars.Lines("seven.png", new[] { 0.25f, 0.75f, 0 }));

    [Fact]
    public void Certainty_fills_the_bar() =>
        Assert.Equal("  0  " + new string('█', 40) + " 100.0 %", ProbabilityBars.Lines("a.png", new[] { 1f }).Last());
}
