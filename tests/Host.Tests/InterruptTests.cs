using ActorTrain.Host.Interruption;

namespace ActorTrain.Host.Tests;

public class InterruptTests
{
    [Fact]
    public void The_first_signal_stops_cleanly_and_every_later_one_at_once()
    {
        var (once, first) = default(InterruptState).Next();
        var (twice, second) = once.Next();
        var (_, third) = twice.Next();
        Assert.Equal<InterruptAction>([InterruptAction.StopCleanly, InterruptAction.ExitNow, InterruptAction.ExitNow], [first, second, third]);
    }
}
