using System.Text.Json;
using ActorTrain.Actors;
using ActorTrain.Host.Commands;
using ActorTrain.Host.Runs;
using ActorTrain.Host.Terminal;
using ActorTrain.Server;

namespace ActorTrain.Host.Tests.Runs;

public class FiniteJsonTests
{
    private static readonly EpochSummary Diverged =
        new(1, double.NaN, 0.125, double.PositiveInfinity, 0.5, 4, 4, "3fa94c21d07e5b6c");

    [Fact]
    public void A_number_that_is_not_finite_is_null_and_others_stay_as_they_are() => Assert.Equal(
        """{"doubles":[0.1,null,null,null],"floats":[0.1,null,1E+20],"none":null,"some":null}""",
        JsonSerializer.Serialize(
            new
            {
                Doubles = new[] { 0.1, double.NaN, double.PositiveInfinity, double.NegativeInfinity },
                Floats = new[] { 0.1f, float.NaN, 1e20f },
                None = (double?)null,
                Some = (double?)double.NaN,
            }, FiniteJson.Options));

    [Fact]
    public void An_epoch_that_diverged_is_an_event_with_null_losses()
    {
        var epoch = new EpochDone(Diverged, default, Epochs: 1);
        var json = JsonDocument.Parse(RunLog.Json(epoch, default)!.ToJsonString());
        Assert.Equal(JsonValueKind.Null, json.RootElement.GetProperty("trainLoss").ValueKind);
        Assert.Equal(JsonValueKind.Null, json.RootElement.GetProperty("testLoss").ValueKind);
        Assert.Equal(0.125, json.RootElement.GetProperty("trainAccuracy").GetDouble());
        Assert.StartsWith(
            "epoch 1/1  loss NaN  accuracy 12.50 %  test loss Infinity",
            json.RootElement.GetProperty("text").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public void The_first_loss_that_is_not_finite_is_told_with_a_mend()
    {
        var diverged = new LossNotFinite(double.NaN, Step: 12, Epoch: 1);
        const string text = "the loss is NaN as of step 12 (epoch 1): training diverges; a smaller learning rate "
            + "(--lr) may help";
        Assert.Equal(text, NodeText.Event(diverged));
        Assert.EndsWith(
            $$""","event":"LossNotFinite","loss":null,"step":12,"epoch":1,"text":"{{text}}"}""",
            RunLog.Json(diverged, default)!.ToJsonString(), StringComparison.Ordinal);
    }

    [Fact]
    public void The_report_of_a_run_that_diverged_is_json_with_null_losses()
    {
        var split = Split.Of([0, 50, 100, 150, 200, 250, 50, 0, 1, 2, 3, 4, 5, 6, 7, 8], [0, 1, 0, 1], 2, 2);
        var data = Dataset.Combine("tiny", split, split, classes: 2);
        var recipe = new Recipe
        {
            Model = Sequential.Mlp(4, 3, 2),
            Optimizer = new Sgd(1e20f),
            BatchSize = 2,
            Microbatches = 1,
            Epochs = 2,
        };
        var (state, evaluation) = Trainer.Train(recipe, data, cancellation: TestContext.Current.CancellationToken);
        var outcome = new TrainingOutcome(RunPhase.Finished, state, evaluation, 1, 4, 8, Reason: null);
        var report = TrainingReport.Of(
            new() { Recipe = recipe }, nodes: 0, data, outcome, evaluation, secondsToFirstStep: null);
        var json = JsonDocument.Parse(report.ToJson()).RootElement;
        Assert.Equal(JsonValueKind.Null, json.GetProperty("testLoss").ValueKind);
        Assert.Equal(JsonValueKind.Null, json.GetProperty("averageTestLoss").ValueKind);
        Assert.Equal(evaluation.Accuracy, json.GetProperty("testAccuracy").GetDouble());
        Assert.Equal(JsonValueKind.Null, json.GetProperty("history")[1].GetProperty("trainLoss").ValueKind);
    }

    [Fact]
    public void Metrics_of_a_model_that_diverged_are_json_with_a_null_loss()
    {
        var metrics = Metrics.Empty(2).Add(Tensor.From(new[,] { { float.NaN, float.NaN } }), [1]);
        var json = JsonDocument.Parse(EvaluateCommand.Json(metrics)).RootElement;
        Assert.Equal(JsonValueKind.Null, json.GetProperty("loss").ValueKind);
        Assert.Equal(0, json.GetProperty("accuracy").GetDouble());
    }
}
