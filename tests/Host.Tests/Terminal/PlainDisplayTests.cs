using ActorTrain.Actors;
using ActorTrain.Host.Terminal;

namespace ActorTrain.Host.Tests.Terminal;

public class PlainDisplayTests
{
    [Fact]
    public void A_plain_display_prints_lines_as_they_are_and_no_steps()
    {
        using var output = new StringWriter { NewLine = "\n" };
        using (var display = new PlainDisplay(output))
        {
            display.Line("training [mlp] on mnist");
            display.Step(new StepDone(new Position(0, 1), 938, default, new(1, 64, 1)));
            display.Line("stopped");
        }
        Assert.Equal("training [mlp] on mnist\nstopped\n", output.ToString());
    }
}
