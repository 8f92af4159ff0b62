using ActorTrain.Core.Tests.Server;
using ActorTrain.Core.Tests.Support;
using ActorTrain.Server;

namespace ActorTrain.Core.Tests.Training;

/// <summary>
/// Class weights and an ignored label in runs: a minibatch's mean is by weight, whoever computes its rows.
/// </summary>
public class WeightedLossTests
{
    private static readonly Dictionary<string, Loss> Losses = new()
    {
        ["nll, weights"] = new NLLLoss([0.5f, 3]),
        ["nll, ignored"] = new NLLLoss(IgnoreIndex: 1),
        ["cross-entropy, weights"] = new CrossEntropyLoss(0, [2, 0.25f]),
        ["cross-entropy, all"] = new CrossEntropyLoss(0.25f, [0.5f, 3], 0),
    };

    public static TheoryData<string> Names => [.. Losses.Keys];

    [Theory, MemberData(nameof(Names))]
    public void A_step_goes_along_the_gradient_of_the_weighted_mean(string name)
    {
        var loss = Losses[name];
        var recipe = Tiny.Recipe with
        {
            Loss = loss,
            Optimizer = new Sgd(1, Momentum: 0),
            BatchSize = 40,
            Microbatches = 3,
            Epochs = 1,
        };
        var before = TrainingState.Initial(recipe).Parameters;
        var (x, labels) = All(Tiny.Data.Train);
        var sum = ActorTrain.Gradients.Of(
            recipe.Model, loss, new(recipe.Model.Layout, before), x, labels, Contexts.ForLeaves(40));
        var divisor = loss.Divisor(labels);
        float[] expected =
            [.. before.Span.ToArray().Zip(sum.Gradient.Span.ToArray(), (p, g) => p - (float)(g / divisor))];

        var trained = Train(recipe);

        Close.Assert(expected, trained.State.Parameters.Span, 1e-5, "parameters");
        Assert.Equal(sum.LossSum / divisor, trained.State.History[0].TrainLoss, 1e-5);
    }

    [Theory, MemberData(nameof(Names))]
    public void The_test_loss_is_the_weighted_mean_over_the_whole_split(string name)
    {
        var recipe = Tiny.Recipe with { Loss = Losses[name] };
        var (x, labels) = All(Tiny.ManyTests.Test);
        var trained = Train(recipe);
        var output = new ActorTrain.Model(recipe.Model, new(recipe.Model.Layout, trained.State.Parameters)).Forward(x);

        var evaluation = Evaluator.Evaluate(recipe, trained.State.Parameters, Tiny.ManyTests);

        Assert.Equal(Losses[name].Mean(output, labels), evaluation.Loss, 1e-5);
        Assert.Equal(
            evaluation.LossSum, Evaluator.Measure(recipe, trained.State.Parameters, Tiny.ManyTests).LossSum);
    }

    [Theory, MemberData(nameof(Names))]
    public void Any_number_of_shards_ends_with_the_same_state(string name)
    {
        var recipe = Tiny.Recipe with { Loss = Losses[name] };
        var trained = Train(recipe);
        foreach (var shards in new[] { 1, 2, 3 })
        {
            var server = TestServer.With(shards, recipe, Tiny.Data);
            server.AnswerUntil<EndRun>();
            ServerAssert.AssertTrained(trained, server);
        }
    }

    [Fact]
    public void A_minibatch_of_ignored_labels_changes_nothing()
    {
        var recipe = Tiny.Recipe with
        {
            Loss = new CrossEntropyLoss(0, [0, 0]),
            Optimizer = new Sgd(1, Momentum: 0),
            MaxSteps = 2,
        };
        Assert.Equal(TrainingState.Initial(recipe).Parameters.Sha256(), Train(recipe).State.Parameters.Sha256());
    }

    [Fact]
    public void Weights_of_one_are_no_weights() => Assert.Equal(
        Train(Tiny.Recipe).State.Parameters.Sha256(),
        Train(Tiny.Recipe with { Loss = new NLLLoss([1, 1]) }).State.Parameters.Sha256());

    [Theory, MemberData(nameof(Names))]
    public void A_recipe_with_it_is_read_again(string name)
    {
        var recipe = Tiny.Recipe with { Loss = Losses[name] };
        Assert.Equal(recipe, RecipeJson.Read(RecipeJson.Write(recipe)));
        Assert.Empty(recipe.Errors());
    }

    [Fact]
    public void Weights_that_are_none_and_too_few_of_them_are_refused()
    {
        Assert.Equal(
            [
                "loss has the class weight -1; give numbers from 0.",
                "loss has the class weight NaN; give numbers from 0.",
            ],
            (Tiny.Recipe with { Loss = new NLLLoss([-1, float.NaN]) }).Errors());
        Assert.Equal(
            "loss for dataset 'tiny': class weights has shape [3], expected [2]. Give one weight for each class.",
            Assert.Throws<ShapeMismatchException>(
                () => (Tiny.Recipe with { Loss = new NLLLoss([1, 2, 3]) }).CheckFits(Tiny.Data.Description)).Message);
    }

    private static TrainingResult Train(Recipe recipe) =>
        Trainer.Train(recipe, Tiny.Data, cancellation: TestContext.Current.CancellationToken);

    private static (Tensor X, int[] Labels) All(Split split)
    {
        var (x, labels) = (new float[split.Count * split.Features], new int[split.Count]);
        Batch.Gather(split, [.. Enumerable.Range(0, split.Count)], Tiny.Data.Normalization, x, labels);
        return (Tensor.Own(x, [split.Count, split.Features]), labels);
    }
}
