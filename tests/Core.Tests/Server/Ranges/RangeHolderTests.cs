using ActorTrain.Core.Tests.Support;
using ActorTrain.Server;

namespace ActorTrain.Core.Tests.Server.Ranges;

public class RangeHolderTests
{
    private static readonly TrainingPlan Plan = new(Tiny.Recipe, Tiny.Data.Description);
    private static readonly ParameterRange Range = new(16, 3);
    private static readonly TreeNode Left = new(1, 0);
    private static readonly TreeNode Right = new(1, 1);

    private readonly VectorPool _pool = new();
    private HolderState _state = HolderState.Initial(
        Plan, Range, Vector(1, 2, 3), new(Step: 4, [Vector(0, 0, 0)]));

    [Fact]
    public void A_pull_of_the_version_that_is_there_is_answered_at_once() =>
        Assert.Equal(new SendRange(7, 4, _state.Parameters), Assert.Single(Take(new ParametersPulled(7, 4))));

    [Fact]
    public void A_pull_of_the_next_version_is_answered_as_it_is_written()
    {
        Assert.Empty(Take(new ParametersPulled(7, 5)));
        Assert.Empty(Take(new ParametersPulled(8, 5)));
        Take(new WorkerDetached(8));
        Push(Left, 1);
        Push(Right, 2);
        var update = Assert.IsType<UpdateRange>(Assert.Single(Take(new UpdateOrdered(4, [Left, Right]))));
        Assert.Equal(5, update.Version);
        Assert.Equal([7], update.Workers);
        Assert.Equal(5, _state.Version);
        Assert.Empty(_state.Waiting);
    }

    [Fact]
    public void A_pull_of_an_older_version_is_refused() =>
        Assert.Equal(new RefusePull(7, 3), Assert.Single(Take(new ParametersPulled(7, 3))));

    [Fact]
    public void The_sum_of_the_nodes_that_the_server_names_makes_the_update()
    {
        Push(Left, 8);
        Push(new(0, 2), 100);
        Push(Right, 16);
        var update = Assert.IsType<UpdateRange>(Assert.Single(Take(new UpdateOrdered(4, [Left, Right])))).Update;
        update.Apply();
        // Eight rows: the mean gradient is 3, the learning rate 0.1.
        Close.Assert([0.7f, 1.7f, 2.7f], _state.Parameters.Span, 1e-6, "parameters");
        Assert.Equal([3f, 3, 3], _state.Optimizer.Moments[0].Span.ToArray());
        Assert.Empty(_state.Gradients);
    }

    [Fact]
    public void The_first_gradient_of_a_node_counts()
    {
        Assert.Equal(new ConfirmPush(Key(Left, 4)), Assert.Single(Push(Left, 1)));
        Assert.Empty(Push(Left, 2));
        Assert.Equal(1f, _state.Gradients[Left].Span[0]);
    }

    [Theory, InlineData(3), InlineData(5)]
    public void A_gradient_of_another_version_is_not_kept(long version)
    {
        Assert.Empty(Take(new GradientPushed(Key(Left, version), Vector(1, 1, 1))));
        Assert.Empty(_state.Gradients);
    }

    [Fact]
    public void A_step_that_has_ended_is_not_ended_again()
    {
        Push(Plan.TreeOf(4).Root, 1);
        Take(new UpdateOrdered(4, [Plan.TreeOf(4).Root]));
        Assert.Empty(Take(new UpdateOrdered(4, [Plan.TreeOf(4).Root])));
    }

    [Fact]
    public void The_server_gets_the_range_when_it_asks() =>
        Assert.Equal(new GiveRange(_state.Parameters, _state.Optimizer), Assert.Single(Take(RangeAsked.Instance)));

    private IReadOnlyList<HolderEffect> Push(TreeNode node, float value) =>
        Take(new GradientPushed(Key(node, 4), Vector(value, value, value)));

    private IReadOnlyList<HolderEffect> Take(HolderEvent @event)
    {
        (_state, var effects) = RangeHolder.Step(_state, @event, _pool);
        return effects;
    }

    private static WorkKey Key(TreeNode node, long version) => new(1, version, version, WorkKind.Gradient, node);

    private static FlatVector Vector(params ReadOnlySpan<float> values) => FlatVector.From(values);
}
