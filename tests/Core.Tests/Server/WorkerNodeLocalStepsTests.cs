using ActorTrain.Core.Tests.Support;
using ActorTrain.Server;

namespace ActorTrain.Core.Tests.Server;

/// <summary>Orders of local steps on a worker node: whole, to one shard each, side by side.</summary>
public class WorkerNodeLocalStepsTests
{
    private static readonly TrainingPlan Plan = new(
        Tiny.Recipe with { Strategy = new LocalSgd(2) }, Tiny.Data.Description);
    private static readonly ShardId First = new("shard-1", 0);
    private static readonly ShardId Second = new("shard-2", 0);
    private readonly NodeSums _sums = new();
    private WorkerState _state = WorkerState.Initial(Plan);

    [Fact]
    public void Each_goes_whole_to_an_idle_shard_and_is_answered_as_it_is()
    {
        Take(new NodeShardReady(First));
        Take(new NodeShardReady(Second));
        LocalStepsOrder[] orders = [Order(0), Order(1), Order(2)];
        Assert.Equal<WorkerEffect>([new GivePart(First, orders[0], IsWhole: true)], Take(new OrderArrived(orders[0])));
        Assert.Equal<WorkerEffect>([new GivePart(Second, orders[1], IsWhole: true)], Take(new OrderArrived(orders[1])));
        Assert.Empty(Take(new OrderArrived(orders[2])));
        var answer = new LocalStepsAnswer(orders[1].Key, orders[1].Parameters, orders[1].Optimizer, default);
        Assert.Equal<WorkerEffect>(
            [new SendAnswer(answer), new GivePart(Second, orders[2], IsWhole: true)],
            Take(new PartAnswered(Second, answer)));
    }

    [Fact]
    public void One_that_throws_is_told_to_the_server_and_its_shard_works_on()
    {
        Take(new NodeShardReady(First));
        Take(new OrderArrived(Order(0)));
        Take(new OrderArrived(Order(1)));
        Assert.Equal<WorkerEffect>(
            [new SendFailure(Order(0).Key, "shard-1: boom"), new GivePart(First, Order(1), IsWhole: true)],
            Take(new PartFailed(First, Order(0).Key, "boom")));
    }

    [Fact]
    public void One_whose_shard_came_back_as_a_new_one_is_told_to_the_server()
    {
        Take(new NodeShardReady(First));
        Take(new OrderArrived(Order(0)));
        Assert.Equal<WorkerEffect>(
            [new SendFailure(Order(0).Key, "shard-1: it came back as a new one")],
            Take(new NodeShardReady(new("shard-1", 1))));
    }

    [Fact]
    public void The_answer_to_one_of_a_lost_connection_is_kept_back()
    {
        Take(new NodeShardReady(First));
        Take(new OrderArrived(Order(0)));
        Take(ServerLost.Instance);
        Assert.Empty(Take(
            new PartAnswered(First, new LocalStepsAnswer(Order(0).Key, Begin.Parameters, Begin.Optimizer, default))));
    }

    private static TrainingState Begin { get; } = TrainingState.Initial(Plan.Recipe);

    private static LocalStepsOrder Order(int leaf) =>
        new(
            new(1, 0, 0, WorkKind.LocalSteps, new(0, leaf)), FirstStep: leaf, Steps: 1, Begin.Parameters,
            Begin.Optimizer);

    private IReadOnlyList<WorkerEffect> Take(WorkerEvent @event)
    {
        (_state, var effects) = WorkerNode.Step(_state, @event, _sums);
        return effects;
    }
}
