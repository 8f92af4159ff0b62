using ActorTrain.Core.Tests.Support;
using ActorTrain.Server;

namespace ActorTrain.Core.Tests.Server;

/// <summary>What tests of the server's transition hold.</summary>
internal static class ServerAssert
{
    /// <summary>Whatever the shards do, the run ends with the expected state.</summary>
    public static void AssertTrained(TrainingResult expected, Recipe recipe, int seed, byte shards)
    {
        var server = new TestServer(recipe, Tiny.Data, shardsToBegin: 1 + (shards % 5));
        new RandomSchedule(seed, server).Run();
        AssertTrained(expected, server);
        Assert.Single(server.Effects.OfType<EndRun>());
        Assert.Equal(
            Enumerable.Range(1, (int)server.State.Plan.TotalSteps).Select(i => (long)i),
            server.Effects.OfType<ReportStep>().Select(e => e.Training.Version));
    }

    /// <summary>The run has ended with the expected state.</summary>
    public static void AssertTrained(TrainingResult expected, TestServer server)
    {
        var (wanted, training) = (expected.State, server.State.Training);
        Assert.Equal(RunPhase.Finished, server.State.Phase);
        Assert.Equal(wanted.Parameters.Sha256(), server.Weights);
        Assert.Equal(
            wanted.Optimizer.Moments.Select(m => m.Sha256()), training.Optimizer.Moments.Select(m => m.Sha256()));
        Assert.Equal(wanted.History, training.History);
    }

    /// <summary>The server ignores an event.</summary>
    public static void AssertNothing(TestServer server, ServerEvent @event)
    {
        var (before, weights) = (server.State, server.Weights);
        Assert.Empty(server.Take(@event));
        Assert.Same(before, server.State);
        Assert.Equal(weights, server.Weights);
    }

    /// <summary>What kinds of effects these are.</summary>
    public static IEnumerable<string> Kinds(IEnumerable<ServerEffect> effects) => effects.Select(e => e.GetType().Name);
}
