using ActorTrain.Actors;
using ActorTrain.Host.Terminal;
using Spectre.Console.Testing;

namespace ActorTrain.Host.Tests.Terminal;

public class BarDisplayTests
{
    [Fact]
    public void Lines_stay_in_order_and_the_bar_fits_80_columns()
    {
        using var console = new TestConsole();
        console.Width(80).Interactive();
        using (var display = new BarDisplay(console, epochs: 5))
        {
            display.Line("training [mlp] on mnist");
            display.Step(
                new StepDone(new Position(0, 469), 938, new EpochTotals(15008, 27014, 30016), new(469, 30016, 2)));
            display.Line("stopped");
        }
        // Cursor movements are not in the output: what is drawn over follows at once.
        var bar = new string('━', 24) + " epoch 1/5  loss 0.5000  accuracy 90.00 %  18 s left";
        Assert.StartsWith($"training [mlp] on mnist\n{bar}stopped\n{bar}", console.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("images/s", console.Output, StringComparison.Ordinal);
    }
}
