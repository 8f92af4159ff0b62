using ActorTrain.Host.Interruption;

namespace ActorTrain.Host.Tests;

public class InterruptTests
{
    [Theory]
    [InlineData(new[] { 0.0 }, "StopCleanly")]
    [InlineData(new[] { 7.0, 7.0, 7.4 }, "StopCleanly, Ignore, Ignore")]
    [InlineData(new[] { 7.0, 7.5, 7.5 }, "StopCleanly, ExitNow, ExitNow")]
    [InlineData(new[] { 7.0, 7.1, 9.0 }, "StopCleanly, Ignore, ExitNow")]
    public void The_first_signal_stops_cleanly_its_double_does_nothing_and_a_later_one_ends_at_once(
        double[] seconds, string expected)
    {
        var state = default(InterruptState);
        var actions = new List<InterruptAction>();
        foreach (var second in seconds)
        {
            (state, var action) = state.Next(TimeSpan.FromSeconds(second));
            actions.Add(action);
        }
        Assert.Equal(expected, string.Join(", ", actions));
    }
}
