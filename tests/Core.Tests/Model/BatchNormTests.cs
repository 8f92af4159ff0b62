using ActorTrain.Core.Tests.Server;
using ActorTrain.Core.Tests.Support;
using ActorTrain.Kernels;
using ActorTrain.Server;

namespace ActorTrain.Core.Tests.Model;

public class BatchNormTests
{
    private static readonly Sequential Model = new(
        ("fc1", new Linear(4, 6)), ("norm", new BatchNorm1d(6)), ("relu", new ReLU()), ("fc2", new Linear(6, 2)),
        ("log_softmax", new LogSoftmax()));

    private static readonly Recipe Images = Tiny.Recipe with
    {
        Model = new(new Unflatten(1, 2, 2), new BatchNorm2d(1), new Flatten(), new Linear(4, 2), new LogSoftmax()),
        BatchSize = 4,
    };

    [Fact]
    public void Training_and_other_passes_agree_with_PyTorch()
    {
        var reference = TorchReference.Case("batch_norm_train");
        var channels = reference["params", "weight"].Shape[0];
        var layer = new BatchNorm1d(channels);
        Compare(layer, reference, BatchStatistics.Initial(channels), Training(reference["inputs", "x"].Shape[0]));
        reference = TorchReference.Case("batch_norm_eval");
        Compare(
            layer, reference, new(reference["attrs", "running_mean"], reference["attrs", "running_var"]),
            Contexts.ForLeaves(reference["inputs", "x"].Shape[0]));
    }

    [Fact]
    public void Images_are_normalised_by_channel_as_the_function_does_it()
    {
        var (x, weight, bias) = (
            Tensor.Randn([3, 2, 4, 5], seed: 1), Tensor.Rand([2], seed: 2) + 0.5f, Tensor.Rand([2], seed: 3));
        var layer = new BatchNorm2d(2);
        var parameters = Parameters(layer, weight, bias, BatchStatistics.Initial(2));
        var probe = Tensor.Randn(x.Shape, seed: 4);
        var (expected, pullback) = Grad.Vjp(
            t => F.BatchNorm(t[0], BatchStatistics.Initial(2), t[1], t[2], training: true).Output, [x, weight, bias]);
        var (output, saved) = layer.Forward(parameters, x, Training(3));
        Close.Assert(expected.Span, output.Span, 1e-5, "output");
        var gradients = pullback(probe);
        var (inputGradient, gradient) = layer.Backward(parameters, saved, probe, Training(3));
        Close.Assert(gradients[0].Span, inputGradient!.Span, 1e-5, "input gradient");
        Close.Assert(gradients[1].Span, gradient["weight"].Span, 1e-5, "weight");
        Close.Assert(gradients[2].Span, gradient["bias"].Span, 1e-5, "bias");
    }

    [Fact]
    public void Each_microbatch_is_normalised_alone_and_counts_by_its_rows()
    {
        var layer = new BatchNorm1d(2);
        var parameters = layer.Initialize(seed: 1);
        var x = Tensor.Randn([5, 2], seed: 1);
        var together = Training(3, 2);
        var (output, saved) = layer.Forward(parameters, x, together);
        var (alone, savedAlone) = layer.Forward(parameters, x.Rows(3, 2), Training(2));
        Assert.Equal(output.Rows(3, 2).ToArray(), alone.ToArray());
        var (dx, sums) = layer.Backward(parameters, saved, output, together);
        var (dxAlone, second) = layer.Backward(parameters, savedAlone, alone, Training(2));
        Assert.Equal(dx!.Rows(3, 2).ToArray(), dxAlone!.ToArray());
        Assert.Equal((x.Rows(3, 2).Mean(0) * 2).ToArray(), second["running_mean"].ToArray());
        Close.Assert(x.Sum(0).Span, sums["running_mean"].Span, 1e-6, "mean");
        Close.Assert(
            ((x.Rows(0, 3).Var(0) * 3) + (x.Rows(3, 2).Var(0) * 2)).Span, sums["running_var"].Span, 1e-6, "variance");
    }

    [Fact]
    public void An_update_moves_the_statistics_as_PyTorch_does_and_trains_the_rest()
    {
        var recipe = Tiny.Recipe with { Model = Model, Microbatches = 1, Clipping = new ClipByNorm(1e-3f) };
        var rule = recipe.UpdateRule;
        var x = Tensor.Randn([8, 4], seed: 1);
        var before = Model.Initialize(seed: 1);
        var vector = FlatVector.From(before.Span);
        var sum = ActorTrain.Gradients.Of(Model, recipe.Loss, before, x, [0, 1, 0, 1, 0, 1, 0, 1], Training(8));
        var (after, state) = Updates.Whole(new(
            rule, vector, rule.Init(vector.Count), new(new(8, 1), [new(0, 0)]), [sum.Gradient.Memory], 8, new()));
        var hidden = F.Linear(x, before["fc1.weight"], before["fc1.bias"]);
        var (_, expected) = F.BatchNorm(
            hidden, BatchStatistics.Initial(6), before["norm.weight"], before["norm.bias"], training: true);
        var updated = new Parameters(Model.Layout, after);
        Close.Assert(expected.Mean.Span, updated["norm.running_mean"].Span, 1e-6, "mean");
        Close.Assert(expected.Variance.Span, updated["norm.running_var"].Span, 1e-6, "variance");
        Assert.NotEqual(before["norm.weight"].ToArray(), updated["norm.weight"].ToArray());
        var slot = Model.Layout["norm.running_mean"];
        Assert.All(state.Moments[0].Span.Slice(slot.Offset, 12).ToArray(), moment => Assert.Equal(0, moment));
        // Nor do they count in the gradient's length: the whole step is as long as the bound lets it be.
        var length = 0.0;
        foreach (var trained in Model.Layout.Slots.Where(s => s.StatisticMomentum == 0))
            length += (updated[trained.Name] - before[trained.Name]).Pow(2).Sum().Item();
        Assert.Equal(1e-3 * rule.Optimizer.LearningRate, Math.Sqrt(length), 1e-6);
    }

    [Theory, InlineData(1), InlineData(3)]
    public void A_run_has_the_same_weights_and_statistics_on_any_number_of_shards(int shards)
    {
        var recipe = Tiny.Recipe with { Model = Model };
        var trained = Trainer.Train(recipe, Tiny.Data, cancellation: TestContext.Current.CancellationToken);
        var server = TestServer.With(shards, recipe, Tiny.Data);
        server.AnswerUntil<EndRun>();
        Assert.Equal(trained.State.Parameters.Sha256(), server.Weights);
        Assert.True(trained.Evaluation.Accuracy > 0.8);
    }

    [Fact]
    public void What_it_can_not_work_with_is_refused()
    {
        Assert.Equal(
            "norm: BatchNorm1d(5): input has shape [6], expected [5]. Use BatchNorm1d(6).",
            Assert.Throws<ShapeMismatchException>(
                () => new Sequential(("fc", new Linear(4, 6)), ("norm", new BatchNorm1d(5)))).Message);
        Assert.Equal(
            ["compression is topk:0.1 and the model has running statistics, of which it would leave out most; "
                + "give none or bf16."],
            (Tiny.Recipe with { Model = Model, Compression = new TopK(0.1) }).Errors());
    }

    [Fact]
    public void A_single_value_for_each_channel_is_refused_in_training_alone()
    {
        var (row, pixels) = (Tensor.Randn([1, 2], seed: 1), Tensor.Randn([1, 2, 1, 2], seed: 1));
        var statistics = BatchStatistics.Initial(2);
        var (weight, bias) = (Tensor.Ones([2]), Tensor.Zeros([2]));
        Assert.Equal(
            "BatchNorm: input has shape [1, 2], expected more than one value for each channel in training. "
            + "Give more rows.",
            Assert.Throws<ShapeMismatchException>(
                () => F.BatchNorm(row, statistics, weight, bias, training: true)).Message);
        Assert.Throws<ShapeMismatchException>(
            () => F.BatchNorm(row.View(1, 2, 1, 1), statistics, weight, bias, training: true));
        Assert.All(
            F.BatchNorm(pixels, statistics, weight, bias, training: true).Statistics.Variance.ToArray(),
            variance => Assert.True(float.IsFinite(variance)));
        Assert.Equal([1, 2], F.BatchNorm(row, statistics, weight, bias, training: false).Output.Shape);

        var (vectors, images) = (new BatchNorm1d(2), new BatchNorm2d(2));
        var parameters = vectors.Initialize(seed: 1);
        Assert.Equal(
            "BatchNorm1d(2): a microbatch has shape [1, 2], expected more than one value for each channel in training. "
            + "Give larger minibatches or fewer microbatches.",
            Assert.Throws<ShapeMismatchException>(
                () => vectors.Forward(parameters, Tensor.Randn([3, 2], seed: 1), Training(2, 1))).Message);
        Assert.StartsWith(
            "BatchNorm2d(2): a microbatch has shape [1, 2, 1, 1]",
            Assert.Throws<ShapeMismatchException>(
                () => images.Forward(parameters, row.View(1, 2, 1, 1), Training(1))).Message, StringComparison.Ordinal);
        Assert.Equal([1, 2, 1, 2], images.Forward(parameters, pixels, Training(1)).Output.Shape);
        Assert.Equal([1, 2], vectors.Forward(parameters, row, Contexts.ForLeaves(1)).Output.Shape);
    }

    [Fact]
    public void A_recipe_with_too_small_microbatches_is_refused_with_the_mend()
    {
        var recipe = Tiny.Recipe with { Model = Model };
        Assert.Equal(
            "batch-size is 4 and microbatches is 4: a microbatch has 1 of 4 rows, and to normalise over a microbatch "
            + "the model needs at least 2; give batch-size 8 or more, or microbatches of at most 2.",
            Refused(recipe with { BatchSize = 4 }));
        Assert.Equal(
            "batch-size is 7 and microbatches is 4: a microbatch has 1 of 7 rows, and to normalise over a microbatch "
            + "the model needs at least 2; give batch-size 8 or more, or microbatches of at most 3.",
            Refused(recipe with { BatchSize = 7 }));
        Assert.EndsWith(
            "give batch-size 2 or more.", Refused(recipe with { BatchSize = 1, Microbatches = 1 }),
            StringComparison.Ordinal);
        Assert.Equal(
            "batch-size is 13 and dataset 'tiny' has 40 training examples: the last minibatch of an epoch has 1, and "
            + "to normalise over a microbatch the model needs at least 2; give another batch-size, or drop-last.",
            Refused(recipe with { BatchSize = 13 }));
        var plan = new TrainingPlan(recipe with { BatchSize = 13, DropLast = true }, Tiny.Data.Description);
        Assert.Equal(3, plan.StepsPerEpoch);
        // Whoever only evaluates trains on nothing.
        var parameters = FlatVector.From(Model.Initialize(seed: 7).Span);
        Assert.Equal(12, Evaluator.Evaluate(recipe with { BatchSize = 1 }, parameters, Tiny.Data).Samples);

        static string Refused(Recipe recipe) => Assert.Throws<RecipeException>(
            () => new TrainingPlan(recipe, Tiny.Data.Description)).Message;
    }

    [Theory]
    [InlineData(17, 2, 2, 2)]
    [InlineData(37, 3)]
    [InlineData(38, 2)]
    [InlineData(32, 2, 2, 2, 2)]
    public void A_short_last_minibatch_has_fewer_microbatches_rather_than_some_of_one_row(
        int batchSize, params int[] leafRows)
    {
        var recipe = Tiny.Recipe with { Model = Model, BatchSize = batchSize };
        var plan = new TrainingPlan(recipe, Tiny.Data.Description);
        Assert.Equal(4, plan.TreeOf(0).Leaves);
        Assert.Equal(leafRows, plan.TreeOf(plan.StepsPerEpoch - 1).LeafRows);
        var trained = Trainer.Train(recipe, Tiny.Data, cancellation: TestContext.Current.CancellationToken);
        var server = TestServer.With(shards: 3, recipe, Tiny.Data);
        server.AnswerUntil<EndRun>();
        Assert.Equal(trained.State.Parameters.Sha256(), server.Weights);
        // Images of more than one pixel and models without it keep theirs.
        plan = new TrainingPlan(Tiny.Recipe with { BatchSize = batchSize }, Tiny.Data.Description);
        Assert.Equal(
            new MicrobatchTree(40 % batchSize, 4).LeafRows, plan.TreeOf(plan.StepsPerEpoch - 1).LeafRows);
        plan = new TrainingPlan(Images with { BatchSize = batchSize }, Tiny.Data.Description);
        Assert.Equal(
            new MicrobatchTree(40 % batchSize, 4).LeafRows, plan.TreeOf(plan.StepsPerEpoch - 1).LeafRows);
    }

    [Fact]
    public void How_many_rows_a_model_needs_is_found_in_all_its_parts()
    {
        Assert.Equal(2, Model.FewestRows([4]));
        Assert.Equal(1, Images.Model.FewestRows([4]));
        Assert.Equal(1, Sequential.Mlp(4, 3, 2).FewestRows([4]));
        Assert.Equal(2, new Sequential(new ReLU(), new Residual(new BatchNorm1d(4))).FewestRows([4]));
        Assert.Equal(
            2, new Sequential(new Unflatten(1, 2, 2), new AvgPool2d(2), new BatchNorm2d(1)).FewestRows([4]));
        Images.CheckFits(Tiny.Data.Description);
        (Images with { Model = Model, BatchSize = 0 }).CheckFits(Tiny.Data.Description);
    }

    private static void Compare(
        BatchNorm layer, TorchReference reference, BatchStatistics statistics, LayerContext context)
    {
        var parameters = Parameters(
            layer, reference["params", "weight"], reference["params", "bias"], statistics);
        var (output, saved) = layer.Forward(parameters, reference["inputs", "x"], context);
        var (inputGradient, gradient) = layer.Backward(parameters, saved, reference["probe"], context);
        Close.Assert(reference["output"].Span, output.Span, 1e-5, "output");
        Close.Assert(reference["grads", "x"].Span, inputGradient!.Span, 1e-5, "input gradient");
        Close.Assert(reference["grads", "weight"].Span, gradient["weight"].Span, 1e-5, "weight");
        Close.Assert(reference["grads", "bias"].Span, gradient["bias"].Span, 1e-5, "bias");
    }

    private static Parameters Parameters(BatchNorm layer, Tensor weight, Tensor bias, BatchStatistics statistics) =>
        ParameterPacking.Pack(layer, name => name switch
        {
            "weight" => weight,
            "bias" => bias,
            "running_mean" => statistics.Mean,
            _ => statistics.Variance,
        });

    private static LayerContext Training(params int[] leafRows) =>
        new(new ManagedMatMul(), leafRows, training: new(Seed: 7, Step: 0, FirstRow: 0));
}
