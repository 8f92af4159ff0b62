namespace ActorTrain.Simulation.Tests.Cluster;

/// <summary>
/// A worker process: the real rules of a node, its shards, one connection to the server that it knows or to its
/// aggregator.
/// </summary>
internal sealed class WorkerProcess(World world, string name, AggregatorProcess? aggregator)
    : DialingProcess(world, name)
{
    private WorkerState _state = WorkerState.Initial(world.Run.Plan);
    private NodeSums _sums = new();
    private Route _route;

    public override int Cores => World.Settings.WorkerShards;

    protected override void Started()
    {
        _state = WorkerState.Initial(World.Run.Plan);
        _sums = new();
        _route = new(IsThere: false, Now);
        for (var i = 0; i < World.Settings.WorkerShards; i++) StartShard(new($"shard {i}", Incarnation: 0));
        base.Started();
    }

    protected override void Handle(in Event e)
    {
        switch (e.What)
        {
            case Happening.Dial:
                Dial();
                break;
            case Happening.ServerNews:
                if (Connection?.Server is not AggregatorProcess) HearOf((ServerProcess)e.Subject!);
                break;
            case Happening.AggregatorNews:
                if (Connection?.Server is ServerProcess) Return();
                break;
            case Happening.ConnectionLost:
                Disconnect((Connection)e.Subject!);
                break;
            case Happening.Dismissed:
                BeDismissed();
                break;
            case Happening.FrameToWorker:
                if (OrderIn((Connection)e.Subject!, e) is { } order) Take(order);
                break;
            default:
                throw new System.Diagnostics.UnreachableException($"{e.What} is not for a worker.");
        }
    }

    protected override void ShardReady(ShardId shard) => Take(new NodeShardReady(shard));

    // A node notices when the shard is back.
    protected override void ShardDied(ShardId shard)
    {
    }

    protected override void ShardAnswered(ShardId shard, WorkAnswer answer) => Take(new PartAnswered(shard, answer));

    protected override void ShardThrew(ShardId shard, WorkKey key, string reason) =>
        Take(new PartFailed(shard, key, reason));

    protected override void ServerIsLost() => Take(ServerLost.Instance);

    protected override Process? Upstream()
    {
        if (aggregator is null) return base.Upstream();
        _route = _route.See(aggregator.IsThere && World.Network.IsReachable(this, aggregator), Now);
        if (_route.At(Now) == Way.Aggregator) return aggregator;
        if (_route.At(Now) == Way.None || base.Upstream() is not { } server) return null;
        World.Tally(Notable.MemberWithoutItsAggregator);
        return server;
    }

    private TimeSpan Now => TimeSpan.FromMicroseconds(World.Now);

    private void Return()
    {
        World.Tally(Notable.MemberThatReturns);
        HangUp();
        Dial();
    }

    private void Take(WorkOrder order)
    {
        if (order.Key.Incarnation < _state.Incarnation) World.Tally(Notable.OrderOfReplacedServer);
        Take(new OrderArrived(order));
    }

    private void Take(WorkerEvent @event)
    {
        var before = _state;
        (_state, var effects) = World.Rules.Worker(_state, @event, _sums);
        if (_state.Incarnation < before.Incarnation) throw new Violation($"{Name} went back to an older server");
        foreach (var effect in effects)
        {
            if (effect is not GivePart e)
            {
                CarryOut(effect);
                continue;
            }
            if (e.Part.Key.Incarnation < _state.Incarnation) throw new Violation($"{Name} works for an older server");
            if (Shards.Find(s => s.Id == e.Shard) is { } shard) Give(shard, e.Part);
        }
    }
}
