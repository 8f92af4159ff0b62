using ActorTrain.Kernels;
using ActorTrain.Server;

namespace ActorTrain.Core.Tests.Server;

/// <summary>A worker node's transition, with shards that compute when the test says so.</summary>
internal sealed class TestNode
{
    private readonly Dictionary<ShardId, ShardComputation> _shards = [];
    private readonly NodeSums _sums = new();
    private readonly Dataset _data;

    public TestNode(int shards, Recipe recipe, Dataset data)
    {
        _data = data;
        State = WorkerState.Initial(new(recipe, data.Description));
        for (var i = 1; i <= shards; i++) Ready(TestServer.Shard(i));
    }

    public WorkerState State { get; private set; }

    /// <summary>Given to shards and not computed yet; the oldest first.</summary>
    public List<GivePart> Parts { get; } = [];

    public IReadOnlyList<WorkerEffect> Take(WorkerEvent @event)
    {
        (State, var effects) = WorkerNode.Step(State, @event, _sums);
        Parts.AddRange(effects.OfType<GivePart>());
        return effects;
    }

    public IReadOnlyList<WorkerEffect> Ready(ShardId shard)
    {
        _shards[shard] = new(State.Plan, _data, new ManagedMatMul());
        return Take(new NodeShardReady(shard));
    }

    public IReadOnlyList<WorkerEffect> Order(WorkOrder order) => Take(new OrderArrived(order));

    public PartAnswered Compute(GivePart part)
    {
        Parts.Remove(part);
        return new(part.Shard, _shards[part.Shard].Answer(part.Part));
    }

    public IReadOnlyList<WorkerEffect> AnswerOldest() => Take(Compute(Parts[0]));

    public IReadOnlyList<WorkerEffect> FailOldest(string reason)
    {
        var part = Parts[0];
        Parts.RemoveAt(0);
        return Take(new PartFailed(part.Shard, part.Part.Key, reason));
    }

    /// <summary>Answers parts until the node answers the server.</summary>
    public WorkAnswer AnswerAll()
    {
        while (true)
            if (AnswerOldest().OfType<SendAnswer>().FirstOrDefault() is { } sent) return sent.Answer;
    }
}
