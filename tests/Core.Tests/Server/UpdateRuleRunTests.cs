using ActorTrain.Checkpoints;
using ActorTrain.Core.Tests.Support;
using ActorTrain.Server;

namespace ActorTrain.Core.Tests.Server;

/// <summary>
/// Whatever an update rule keeps and looks at, it is divided, published and saved as the velocity of SGD is.
/// </summary>
public class UpdateRuleRunTests
{
    public static TheoryData<string> Rules => [.. UpdateRules.All.Keys];

    [Theory, MemberData(nameof(Rules))]
    public void Any_number_of_shards_ends_with_the_same_state(string rule)
    {
        var recipe = Tiny.Wide.With(UpdateRules.All[rule]);
        var trained = Trained(recipe);
        foreach (var shards in new[] { 1, 3 })
        {
            var server = TestServer.With(shards, recipe, Tiny.Data);
            server.AnswerUntil<EndRun>();
            Assert.Equal(trained, Vectors(server.State.Training));
        }
    }

    [Theory, MemberData(nameof(Rules))]
    public void A_run_goes_on_from_any_step_with_the_same_state(string rule)
    {
        var recipe = Tiny.Wide.With(UpdateRules.All[rule]);
        var whole = TestServer.With(2, recipe, Tiny.Data);
        whole.AnswerUntil<EndRun>();
        var trained = Vectors(whole.State.Training);
        foreach (var step in whole.Steps)
        {
            var checkpoint = TrainingCheckpoint.Decode(CheckpointFormat.Decode(step, "step"));
            Assert.Equal(recipe, checkpoint.Recipe);
            var resumed = TestServer.With(1, checkpoint.Recipe, Tiny.Data, checkpoint.State);
            if (resumed.State.IsAlive) resumed.AnswerUntil<EndRun>();
            Assert.Equal(trained, Vectors(resumed.State.Training));
        }
    }

    [Fact]
    public void No_rule_ends_where_another_one_does() => Assert.Equal(
        UpdateRules.All.Count,
        UpdateRules.All.Values.Select(rule => string.Join(' ', Trained(Tiny.Recipe.With(rule)))).Distinct().Count());

    private static IEnumerable<string> Trained(Recipe recipe) => Vectors(
        Trainer.Train(recipe, Tiny.Data, cancellation: TestContext.Current.CancellationToken).State);

    private static IEnumerable<string> Vectors(TrainingState state) =>
        [state.Parameters.Sha256(), .. state.Optimizer.Moments.Select(m => m.Sha256())];
}
