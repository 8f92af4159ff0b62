namespace ActorTrain.Simulation.Tests.Cluster;

/// <summary>
/// An aggregator: the real rules, its own shards, one connection to the server and those of its members.
/// </summary>
internal sealed class AggregatorProcess : DialingProcess
{
    private const long TickInterval = 40_000;

    private readonly UnitConnections _members;
    private AggregatorState _state;
    private NodeSums _sums = new();
    private long _incarnation;

    public AggregatorProcess(World world, string name) : base(world, name)
    {
        _state = AggregatorState.Initial(world.Run.Plan);
        _members = new(world, this, Take);
    }

    /// <summary>True when its members can dial it.</summary>
    public bool IsThere => this is { IsUp: true, IsPaused: false };

    public override int Cores => _state.Cores;

    protected override void Started()
    {
        _state = AggregatorState.Initial(World.Run.Plan);
        _sums = new();
        _incarnation = 0;
        for (var i = 0; i < World.Settings.AggregatorShards; i++) StartShard(new($"shard {i}", Incarnation: 0));
        foreach (var member in World.Workers.Take(World.Settings.Members))
            World.At(
                World.Now + Random.BetweenByMagnitude(50, 100_000), Happening.AggregatorNews, member, subject: this);
        After(TickInterval, Happening.Tick);
        base.Started();
    }

    protected override void Died()
    {
        _members.Forget();
        base.Died();
    }

    protected override void Handle(in Event e)
    {
        switch (e.What)
        {
            case Happening.Tick:
                Take(Ticked.Instance);
                After(TickInterval, Happening.Tick);
                break;
            case Happening.Dial:
                Dial();
                break;
            case Happening.ServerNews:
                HearOf((ServerProcess)e.Subject!);
                break;
            case Happening.ConnectionLost:
                if (e.Subject is Connection { Server: AggregatorProcess } member) _members.Lose(member);
                else Disconnect((Connection)e.Subject!);
                break;
            case Happening.Dismissed:
                BeDismissed();
                break;
            case Happening.FrameToWorker:
                if (OrderIn((Connection)e.Subject!, e) is { } order) Take(order);
                break;
            case Happening.Hello:
                _members.Join((Connection)e.Subject!);
                break;
            case Happening.FrameToServer:
                _members.TakeFrame((Connection)e.Subject!, e);
                break;
            default:
                throw new System.Diagnostics.UnreachableException($"{e.What} is not for an aggregator.");
        }
    }

    protected override void ShardReady(ShardId shard) => Take(new ShardJoined(shard));

    protected override void ShardDied(ShardId shard) => Take(new ShardLost(shard, "killed by the schedule"));

    protected override void ShardAnswered(ShardId shard, WorkAnswer answer) => Take(new WorkAnswered(shard, answer));

    protected override void ShardThrew(ShardId shard, WorkKey key, string reason) =>
        Take(new WorkFailed(shard, key, reason));

    protected override void ServerIsLost() => Take(ServerLost.Instance);

    // A link is one server's: the members come to the next one's group before it is dialled.
    protected override Process? Upstream()
    {
        if (base.Upstream() is not ServerProcess server) return null;
        if (server.State.Incarnation != _incarnation)
        {
            _incarnation = server.State.Incarnation;
            _members.BreakAll();
            return null;
        }
        return _state.Cores > 0 ? server : null;
    }

    private void Take(WorkOrder order)
    {
        if (order.Key.Incarnation < _state.Incarnation) World.Tally(Notable.OrderOfReplacedServer);
        if (_state.Units.Any(u => u.Orders.Any(k => k with { Node = order.Key.Node } == order.Key)) &&
            !_state.Works.Any(w => w.Order.Key with { Node = order.Key.Node } == order.Key))
            World.Tally(Notable.OrderThatCameAgain);
        Take(new OrderArrived(order));
    }

    private void Take(WorkerEvent @event) =>
        CarryOut(World.Rules.Aggregator(_state, @event, TimeSpan.FromMicroseconds(World.Now)));

    private void Take(ServerEvent @event)
    {
        var transition = World.Rules.Aggregator(_state, @event, TimeSpan.FromMicroseconds(World.Now), _sums);
        if (@event is Ticked && transition.ToGroup.Count > 0) World.Tally(Notable.LatePart);
        if (transition.ToServer is [SendAnswer { Answer.Key: var key }] &&
            _state.Works.First(w => w.Order.Key == key).Parts.Length > 1)
            World.Tally(Notable.OrderOfSeveralMembers);
        CarryOut(transition);
    }

    private void CarryOut(in AggregatorTransition transition)
    {
        if (transition.State.Incarnation < _state.Incarnation)
            throw new Violation($"{Name} went back to an older server");
        _state = transition.State;
        CheckParts();
        foreach (var effect in transition.ToServer) CarryOut(effect);
        foreach (var effect in transition.ToGroup) CarryOut(effect);
        if (_state.Cores > 0 || Connection is null) return;
        World.Tally(Notable.AggregatorWithNobody);
        HangUp();
        After(Random.BetweenByMagnitude(100, 50_000), Happening.Dial);
    }

    private void CarryOut(ServerEffect effect)
    {
        switch (effect)
        {
            case SendWork e:
                World.Note($"    {Name} -> {e.Shard}#{e.Shard.Incarnation}: {e.Order.Key}");
                if (e.Order.Key.Incarnation < _state.Incarnation)
                    throw new Violation($"{Name} works for an older server");
                if (Shards.Find(s => s.Id == e.Shard) is { } shard) Give(shard, e.Order);
                else _members.Send(e);
                break;
            case ReportLost { Microbatches: > 0 }:
                World.Tally(Notable.PartOfLostMember);
                break;
            case DismissNode e:
                _members.Dismiss(e.Shard);
                break;
            default:
                break;
        }
    }

    // What is not answered either waits or is worked on.
    private void CheckParts()
    {
        foreach (var work in _state.Works)
            foreach (var node in work.Parts)
            {
                var key = work.Order.Key with { Node = node };
                if (!work.Waiting.Contains(node) && !work.Answers.Any(a => a.Key == key) &&
                    !_state.Units.Any(u => u.Orders.Contains(key)))
                    throw new Violation($"{Name}: {key} is neither answered nor waits nor is worked on");
            }
    }
}
