using ActorTrain.Checkpoints;
using ActorTrain.Core.Tests.Support;
using ActorTrain.Server;

namespace ActorTrain.Core.Tests.Server;

/// <summary>An optimiser with two moments: they are divided, published and saved as the one of SGD is.</summary>
public class AdamTests
{
    private static readonly Recipe Recipe = Tiny.Wide with { Optimizer = new Adam(0.01f) };
    private static readonly string Trained = Trainer.Train(Recipe, Tiny.Data).State.Parameters.Sha256();

    [Theory, InlineData(1), InlineData(3)]
    public void Any_number_of_shards_ends_with_the_same_weights(int shards)
    {
        var server = TestServer.With(shards, Recipe, Tiny.Data);
        server.AnswerUntil<EndRun>();
        Assert.Equal(Trained, server.Weights);
    }

    [Fact]
    public void A_run_goes_on_from_any_step_with_the_same_weights()
    {
        var whole = TestServer.With(2, Recipe, Tiny.Data);
        whole.AnswerUntil<EndRun>();
        foreach (var step in whole.Steps)
        {
            var resumed = TestServer.With(
                1, Recipe, Tiny.Data, TrainingCheckpoint.Decode(CheckpointFormat.Decode(step, "step")).State);
            if (resumed.State.IsAlive) resumed.AnswerUntil<EndRun>();
            Assert.Equal(Trained, resumed.Weights);
        }
    }
}
