using ActorTrain.Kernels;
using ActorTrain.Server;

namespace ActorTrain.Core.Tests.Server;

/// <summary>An aggregator's transition, with a group that computes when the test says so.</summary>
internal sealed class TestAggregator
{
    private readonly Dictionary<ShardId, ShardComputation> _units = [];
    private readonly NodeSums _sums = new();
    private readonly Dataset _data;

    public TestAggregator(int shards, int members, Recipe recipe, Dataset data)
    {
        _data = data;
        State = AggregatorState.Initial(new(recipe, data.Description));
        for (var i = 1; i <= shards; i++) Join(TestServer.Shard(i));
        for (var i = 1; i <= members; i++) JoinMember(Member(i));
    }

    public AggregatorState State { get; private set; }

    /// <summary>The clock; it stands still unless a test moves it.</summary>
    public TimeSpan Now { get; set; }

    /// <summary>Given to units that are there, and not computed yet; the oldest first.</summary>
    public List<SendWork> Orders { get; } = [];

    /// <summary>All that the server was sent, in order.</summary>
    public List<WorkerEffect> Sent { get; } = [];

    public static ShardId Member(int number, int life = 0) => new($"member-{number}", life);

    public IReadOnlyList<ServerEffect> Take(ServerEvent @event) =>
        CarryOut(Aggregator.Step(State, @event, Now, _sums));

    public IReadOnlyList<ServerEffect> Take(WorkerEvent @event) => CarryOut(Aggregator.Step(State, @event, Now));

    public IReadOnlyList<ServerEffect> Order(WorkOrder order) => Take(new OrderArrived(order));

    public IReadOnlyList<ServerEffect> Join(ShardId shard) => Join(new ShardJoined(shard));

    public IReadOnlyList<ServerEffect> JoinMember(ShardId member, int cores = 1) =>
        Join(new ShardJoined(member, cores, IsRemote: true));

    public IReadOnlyList<ServerEffect> Lose(ShardId unit)
    {
        Orders.RemoveAll(o => o.Shard == unit);
        return Take(new ShardLost(unit, "killed by the test"));
    }

    public IReadOnlyList<ServerEffect> Fail(SendWork order, string reason)
    {
        Orders.Remove(order);
        return Take(new WorkFailed(order.Shard, order.Order.Key, reason));
    }

    /// <summary>What the unit answers to the order; the aggregator has not got it yet.</summary>
    public WorkAnswered Compute(SendWork order)
    {
        Orders.Remove(order);
        return new(order.Shard, _units[order.Shard].Answer(order.Order));
    }

    public IReadOnlyList<ServerEffect> AnswerOldest() => Take(Compute(Orders[0]));

    /// <summary>Answers parts, the oldest first, until the aggregator has sent the server more than this.</summary>
    public WorkAnswer AnswerAll(int from = 0)
    {
        while (Sent.Count <= from) AnswerOldest();
        return ((SendAnswer)Sent[from]).Answer;
    }

    /// <summary>The nodes that are given to a unit and not computed yet.</summary>
    public string NodesOf(ShardId unit) =>
        string.Join(' ', Orders.Where(o => o.Shard == unit).Select(o => o.Order.Key.Node));

    private IReadOnlyList<ServerEffect> Join(ShardJoined @event)
    {
        _units[@event.Shard] = new(State.Plan, _data, new ManagedMatMul());
        return Take(@event);
    }

    private IReadOnlyList<ServerEffect> CarryOut(AggregatorTransition transition)
    {
        (State, var effects, var sent) = transition;
        Orders.AddRange(effects.OfType<SendWork>());
        Sent.AddRange(sent);
        return effects;
    }
}
