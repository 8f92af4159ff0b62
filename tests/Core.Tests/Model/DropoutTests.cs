using ActorTrain.Core.Tests.Server;
using ActorTrain.Core.Tests.Support;
using ActorTrain.Kernels;
using ActorTrain.Server;

namespace ActorTrain.Core.Tests.Model;

public class DropoutTests
{
    private static readonly Sequential Model = new(
        ("fc1", new Linear(4, 40)), ("drop1", new Dropout(0.3f)), ("drop2", new Dropout(0.3f)),
        ("fc2", new Linear(40, 2)), ("log_softmax", new LogSoftmax()));

    [Fact]
    public void Some_elements_are_dropped_and_the_others_grow_so_that_the_mean_stays()
    {
        var (output, _) = new Dropout(0.25f).Forward(default, Ones(50, 200), Training(step: 0, firstRow: 0, 50));
        var dropped = output.ToArray().Count(y => y == 0);
        Assert.InRange(dropped, 2350, 2650); // of 10000, three standard deviations
        Assert.All(output.ToArray(), y => Assert.True(y is 0 or 1 / 0.75f, $"{y}"));
    }

    [Fact]
    public void Nothing_is_dropped_where_the_pass_does_not_train()
    {
        var ones = Ones(2, 3);
        Assert.Same(ones, new Dropout().Forward(default, ones, Contexts.ForLeaves(2)).Output);
    }

    [Fact]
    public void What_is_dropped_depends_on_the_row_of_the_minibatch_not_on_the_rows_beside_it()
    {
        var layer = new Dropout();
        var together = layer.Forward(default, Ones(5, 37), Training(step: 3, firstRow: 0, 5)).Output;
        var apart = layer.Forward(default, Ones(2, 37), Training(step: 3, firstRow: 3, 2)).Output;
        Assert.Equal(together.Rows(3, 2).ToArray(), apart.ToArray());
        Assert.NotEqual(together.Rows(0, 2).ToArray(), apart.ToArray());
        var later = layer.Forward(default, Ones(5, 37), Training(step: 4, firstRow: 0, 5)).Output;
        Assert.NotEqual(together.ToArray(), later.ToArray());
    }

    [Fact]
    public void Two_of_a_model_drop_other_elements()
    {
        var model = new Sequential(("a", new Dropout()), ("b", new Dropout()));
        var (output, _) = model.Forward(
            model.Initialize(seed: 1), Ones(1, 1000), Training(step: 0, firstRow: 0, 1));
        Assert.InRange(output.ToArray().Count(y => y == 0), 680, 820); // 3 of 4
    }

    [Theory, InlineData(1), InlineData(3)]
    public void A_run_has_the_same_weights_on_any_number_of_shards(int shards)
    {
        var recipe = Tiny.Recipe with { Model = Model };
        var trained = Trainer.Train(recipe, Tiny.Data, cancellation: TestContext.Current.CancellationToken);
        var server = TestServer.With(shards, recipe, Tiny.Data);
        server.AnswerUntil<EndRun>();
        Assert.Equal(trained.State.Parameters.Sha256(), server.Weights);
    }

    private static LayerContext Training(long step, int firstRow, int rows) =>
        new(new ManagedMatMul(), new[] { rows }, training: new(Seed: 7, step, firstRow));

    private static Tensor Ones(int rows, int columns) =>
        Tensor.Own(Enumerable.Repeat(1f, rows * columns).ToArray(), [rows, columns]);
}
