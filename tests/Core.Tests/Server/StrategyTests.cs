using ActorTrain.Checkpoints;
using ActorTrain.Core.Tests.Support;
using ActorTrain.Kernels;
using ActorTrain.Schedules;
using ActorTrain.Server;
using FsCheck.Xunit;

namespace ActorTrain.Core.Tests.Server;

/// <summary>What holds of every strategy, and of each.</summary>
public class StrategyTests
{
    private static readonly TrainingResult Trained = Trainer.Train(Tiny.Recipe, Tiny.Data);

    [Theory]
    [InlineData("async", 1), InlineData("ssp:0", 1), InlineData("ssp:0", 3), InlineData("ssp:4", 1)]
    [InlineData("local:1", 1), InlineData("local:3", 1)]
    public void One_unit_or_no_staleness_has_the_bits_of_synchronous_training(string strategy, int shards)
    {
        var server = TestServer.With(shards, Recipe(strategy), Tiny.Data);
        server.AnswerUntil<EndRun>();
        AssertEqual(Trained.State, server.State.Training);
        Assert.Equal(RunPhase.Finished, server.State.Phase);
    }

    [Fact]
    public void Asynchronous_units_get_whole_minibatches_and_are_applied_when_they_arrive()
    {
        var server = TestServer.With(2, Recipe("async"), Tiny.Data);
        Assert.Equal(["0 of 0", "1 of 0"], Keys(server.Orders));
        Assert.All(server.Orders, o => Assert.Equal(server.State.Plan.TreeOf(0).Root, o.Order.Key.Node));
        Assert.Equal(["2 of 1"], Keys(server.Take(server.Compute(server.Orders[1])).OfType<SendWork>()));
        Assert.Equal(["3 of 2"], Keys(server.Take(server.Compute(server.Orders[1])).OfType<SendWork>()));
        Assert.Equal(2, server.State.Training.Version);
    }

    [Fact]
    public void The_bound_lets_nobody_run_away_from_the_slowest()
    {
        var server = TestServer.With(3, Recipe("ssp:2"), Tiny.Data);
        Assert.Equal(["0 of 0", "1 of 0", "2 of 0"], Keys(server.Orders));
        Assert.Empty(server.Take(server.Compute(server.Orders[1])).OfType<SendWork>());
        Assert.Empty(server.Take(server.Compute(server.Orders[1])).OfType<SendWork>());
        // The slowest comes: its gradient is two versions old. All may go on.
        Assert.Equal(["3 of 3", "4 of 3"], Keys(server.AnswerOldest().OfType<SendWork>()));
    }

    [Fact]
    public void The_end_of_an_epoch_waits_for_everything_that_was_handed_out()
    {
        var server = TestServer.With(3, Recipe("async"), Tiny.Data);
        for (var i = 0; i < 4; i++) server.Take(server.Compute(server.Orders[^1]));
        Assert.Equal(["0 of 0"], Keys(server.Orders));
        Assert.Equal(
            [nameof(ApplyUpdate), nameof(ReportStep), nameof(SendWork)],
            server.AnswerOldest().Select(e => e.GetType().Name));
        Assert.IsType<EvaluationOrder>(Assert.Single(server.Orders).Order);
    }

    [Fact]
    public void A_lost_units_minibatch_is_handed_out_again_under_its_key()
    {
        var server = TestServer.With(2, Recipe("async"), Tiny.Data);
        server.AnswerOldest();
        var lost = server.Orders[0];
        var effects = server.Lose(lost.Shard);
        Assert.Equal(4, Assert.IsType<ReportLost>(effects[0]).Microbatches);
        Assert.Empty(effects.OfType<SendWork>());
        var again = Assert.Single(server.AnswerOldest().OfType<SendWork>());
        Assert.Equal(lost.Order, again.Order);
        server.AnswerUntil<EndRun>();
        AssertExactlyOnce(server.State);
    }

    [Fact]
    public void Local_steps_are_averaged_exactly()
    {
        var recipe = Recipe("local:2");
        var server = TestServer.With(2, recipe, Tiny.Data);
        Assert.Equal(
            ["0+2", "2+2"],
            server.Orders.Select(o => (LocalStepsOrder)o.Order).Select(o => $"{o.FirstStep}+{o.Steps}"));
        var before = server.State.Training;
        TrainingState[] locals =
        [
            Local(server, before, 0, 2), Local(server, before, 2, 2),
        ];
        server.Take(server.Compute(server.Orders[1]));
        server.AnswerOldest();
        var after = server.State.Training;
        Assert.Equal(Mean(locals[0].Parameters, locals[1].Parameters), after.Parameters.Span.ToArray());
        Assert.Equal(
            Mean(locals[0].Optimizer.Moments[0], locals[1].Optimizer.Moments[0]),
            after.Optimizer.Moments[0].Span.ToArray());
        Assert.Equal((new Position(0, 4), 2L, 32L), (after.Position, after.Version, after.Totals.Seen));
        // One minibatch is left in the epoch: one participant.
        Assert.Equal(
            ["4+1"], server.Orders.Select(o => (LocalStepsOrder)o.Order).Select(o => $"{o.FirstStep}+{o.Steps}"));
    }

    [Fact]
    public void Each_core_of_a_node_makes_local_steps_of_its_own()
    {
        var server = new TestServer(Recipe("local:1"), Tiny.Data, shardsToBegin: 2);
        server.Join(TestServer.Shard(1));
        server.JoinNode(TestServer.Shard(2), 3);
        Assert.Equal(["shard-1", "shard-2", "shard-2", "shard-2"], server.Orders.Select(o => o.Shard.Name));
        server.AnswerUntil<EndRun>();
        AssertExactlyOnce(server.State);
    }

    [Fact]
    public void A_run_that_is_asked_to_stop_applies_what_is_handed_out_and_no_more()
    {
        var server = TestServer.With(3, Recipe("async"), Tiny.Data);
        server.AnswerOldest();
        Assert.Empty(server.Take(new StopRequested()));
        server.AnswerUntil<EndRun>();
        Assert.Equal((RunPhase.Stopped, 4), (server.State.Phase, server.State.Training.Version));
        Assert.Equal(new Position(0, 4), server.State.Training.Position);
    }

    [Theory, InlineData("async"), InlineData("ssp:1"), InlineData("local:2")]
    public void A_stop_before_anybody_works_ends_at_once(string strategy)
    {
        var server = TestServer.With(1, Recipe(strategy), Tiny.Data);
        server.AnswerOldest();
        server.Lose(TestServer.Shard(1));
        server.Take(new StopRequested());
        if (server.State.IsAlive) server.Join(TestServer.Shard(1, 1));
        if (server.State.IsAlive) server.AnswerUntil<EndRun>();
        Assert.Equal(RunPhase.Stopped, server.State.Phase);
        AssertExactlyOnce(server.State);
    }

    [Theory, InlineData("async"), InlineData("ssp:2"), InlineData("local:2")]
    public void A_checkpoint_is_written_when_nothing_is_on_the_way_and_a_run_goes_on_from_it(string strategy)
    {
        var server = new TestServer(Recipe(strategy), Tiny.Data, shardsToBegin: 3, mostStepsAtRisk: 4);
        for (var i = 1; i <= 3; i++) server.Join(TestServer.Shard(i));
        while (server.State.IsAlive)
            foreach (var effect in server.AnswerOldest().OfType<SaveCheckpoint>())
                server.Take(new CheckpointSettled(server.State.Plan.StepsDone(effect.Training.Position)));
        Assert.InRange(server.Checkpoints.Count, 6, 9);
        foreach (var checkpoint in server.Checkpoints)
        {
            var state = TrainingCheckpoint.Decode(CheckpointFormat.Decode(checkpoint, "checkpoint")).State;
            var resumed = TestServer.With(2, Recipe(strategy), Tiny.Data, state);
            if (resumed.State.IsAlive) resumed.AnswerUntil<EndRun>();
            AssertExactlyOnce(resumed.State);
            AssertReplays(resumed.State);
        }
    }

    [Property(MaxTest = 100)]
    public void Whatever_the_units_do_every_minibatch_is_applied_once_and_the_schedule_gives_the_bits_again(
        int seed, byte strategy, byte shards)
    {
        string[] all = ["async", "ssp:0", "ssp:1", "ssp:3", "local:1", "local:2", "local:7"];
        var server = Run(Recipe(all[strategy % all.Length]), seed, shards, withNodes: false);
        AssertExactlyOnce(server.State);
        AssertReplays(server.State);
    }

    [Property(MaxTest = 100)]
    public void The_same_with_nodes_whose_gradients_are_compressed(
        int seed, byte strategy, byte compression, byte shards)
    {
        string[] all = ["sync", "async", "ssp:2"];
        string[] compressions = ["bf16", "topk:0.3", "topk:0.05"];
        Assert.True(Compression.TryParse(compressions[compression % 3], out var parsed));
        var server = Run(Recipe(all[strategy % 3]) with { Compression = parsed }, seed, shards, withNodes: true);
        AssertExactlyOnce(server.State);
        AssertReplays(server.State);
    }

    [Property(MaxTest = 100)]
    public void No_gradient_is_applied_staler_than_the_bound(int seed, byte bound, byte shards)
    {
        var server = Run(Recipe($"ssp:{bound % 4}"), seed, shards, withNodes: true);
        var updates = server.State.Training.Schedule!.Entries.OfType<ScheduledUpdate>().ToList();
        for (var version = 0; version < updates.Count; version++)
            Assert.InRange(version - Assert.Single(updates[version].Contributions).Version, 0, bound % 4);
    }

    private static TestServer Run(Recipe recipe, int seed, byte shards, bool withNodes)
    {
        var server = new TestServer(recipe, Tiny.Data, shardsToBegin: 1 + (shards % 5));
        new RandomSchedule(seed, server, withNodes).Run();
        Assert.Equal(RunPhase.Finished, server.State.Phase);
        Assert.Single(server.Effects.OfType<EndRun>());
        return server;
    }

    private static Recipe Recipe(string strategy) => Tiny.Recipe with
    {
        Strategy = Strategy.TryParse(strategy, out var parsed) ? parsed : throw new ArgumentException(strategy),
    };

    private static void AssertExactlyOnce(ServerState state)
    {
        var steps = state.Training.Schedule!.Entries.OfType<ScheduledUpdate>().SelectMany(u => u.Contributions)
            .Where(c => c.IsApplied)
            .SelectMany(c => state.Plan.Recipe.Strategy is LocalSgd
                ? Enumerable.Range((int)c.FirstStep, c.Steps).Select(step => (Step: (long)step, Leaf: 0))
                : Enumerable.Range(c.Node.FirstLeaf, state.Plan.TreeOf(0).LeafCount(c.Node))
                    .Select(leaf => (Step: c.FirstStep, Leaf: leaf)));
        var leaves = state.Plan.Recipe.Strategy is LocalSgd ? 1 : 4;
        Assert.Equal(
            Enumerable.Range(0, (int)state.StepsDone)
                .SelectMany(step => Enumerable.Range(0, leaves).Select(leaf => ((long)step, leaf))), steps.Order());
        Assert.All(state.Training.History, e => Assert.Equal(40, e.SamplesSeen));
    }

    private static void AssertReplays(ServerState state) =>
        AssertEqual(
            state.Training, ScheduleReplayer.Replay(state.Plan.Recipe, Tiny.Data, state.Training.Schedule!).State);

    private static void AssertEqual(TrainingState expected, TrainingState state)
    {
        Assert.Equal(
            (expected.Position, expected.Version, expected.Totals), (state.Position, state.Version, state.Totals));
        Assert.Equal(expected.Parameters.Sha256(), state.Parameters.Sha256());
        Assert.Equal(
            expected.Optimizer.Moments.Select(m => m.Sha256()), state.Optimizer.Moments.Select(m => m.Sha256()));
        Assert.Equal(expected.History, state.History);
    }

    private static TrainingState Local(TestServer server, TrainingState from, int first, int steps)
    {
        var state = new TrainingState(new(0, first), from.Parameters, from.Optimizer, default, []);
        var computation = new ShardComputation(server.State.Plan, Tiny.Data, new ManagedMatMul());
        for (var i = 0; i < steps; i++) state = computation.Run(state, 1, new());
        return state;
    }

    private static float[] Mean(FlatVector a, FlatVector b)
    {
        var mean = new float[a.Count];
        for (var i = 0; i < mean.Length; i++) mean[i] = (a.Span[i] + b.Span[i]) / 2;
        return mean;
    }

    private static IEnumerable<string> Keys(IEnumerable<SendWork> orders) =>
        orders.Select(o => $"{o.Order.Key.Step} of {o.Order.Key.Version}");
}
