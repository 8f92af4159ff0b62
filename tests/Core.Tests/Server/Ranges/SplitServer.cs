using System.Collections.Immutable;
using ActorTrain.Kernels;
using ActorTrain.Server;

namespace ActorTrain.Core.Tests.Server.Ranges;

/// <summary>
/// The server's and the holders' transitions, with workers that pull, compute and push; every message waits in the
/// queue of its connection until the test delivers it.
/// </summary>
internal sealed class SplitServer
{
    private readonly Dictionary<(string From, string To), Queue<Action>> _connections = [];
    private readonly Dictionary<ShardId, SplitWorker> _workers = [];
    private readonly HolderState?[] _holders;
    private readonly VectorPool[] _pools;
    private readonly VectorPool _pool = new();
    private readonly Dataset _data;
    private int _collected;

    public SplitServer(Recipe recipe, Dataset data, int holders, int workersToBegin = 1, int mostStepsAtRisk = 0)
    {
        _data = data;
        var (plan, training) = (new TrainingPlan(recipe, data.Description), TrainingState.Initial(recipe));
        var ranges = ParameterRange.Divide(recipe.Model.Layout.Count, holders);
        State = ServerState.Initial(plan, training, incarnation: 1, workersToBegin, mostStepsAtRisk) with
        {
            Split = SplitParameters.Of(ranges, training),
        };
        _holders = new HolderState?[holders];
        _pools = [.. Enumerable.Range(0, holders).Select(_ => new VectorPool())];
        Take(RangesHeld.Instance);
    }

    public ServerState State { get; private set; }

    public TimeSpan Now { get; set; }

    public IReadOnlyList<HolderState?> Holders => _holders;

    /// <summary>Every effect, in order.</summary>
    public List<ServerEffect> Effects { get; } = [];

    /// <summary>Every checkpoint that the server asked for: the steps done and the weights.</summary>
    public List<(long Steps, string Weights)> Checkpoints { get; } = [];

    /// <summary>Connections on which something waits, in the order of their beginning.</summary>
    public IReadOnlyList<(string From, string To)> Waiting =>
        [.. _connections.Where(c => c.Value.Count > 0).Select(c => c.Key)];

    /// <summary>Delivers the oldest message of a connection.</summary>
    public void Deliver((string From, string To) connection) => _connections[connection].Dequeue()();

    /// <summary>Delivers everything, in turn, until nothing waits.</summary>
    public void DeliverAll()
    {
        while (Waiting is [var first, ..]) Deliver(first);
    }

    public void Join(ShardId worker)
    {
        _workers[worker] = new(this, worker, new(State.Plan, _data, new ManagedMatMul()));
        Take(new ShardJoined(worker, Cores: 1, IsRemote: true));
    }

    /// <summary>The worker dies, with all that is on its way from or to it.</summary>
    public void Lose(ShardId worker)
    {
        _workers.Remove(worker);
        foreach (var connection in _connections.Keys.Where(c => c.From == worker.Name || c.To == worker.Name).ToList())
            _connections.Remove(connection);
        Take(new ShardLost(worker, "killed by the test"));
    }

    /// <summary>
    /// A holder dies: all connections are closed, another one gets its range, and the workers come back.
    /// </summary>
    public void LoseHolder()
    {
        foreach (var connection in _connections.Keys.Where(c => c.From != "disk").ToList())
            _connections.Remove(connection);
        Array.Clear(_holders);
        ShardId[] workers = [.. _workers.Keys];
        _workers.Clear();
        Take(new RangeLost(State.Incarnation + 1));
        if (!State.IsAlive) return;
        Take(RangesHeld.Instance);
        foreach (var worker in workers) Join(worker with { Incarnation = worker.Incarnation + 1 });
    }

    public IReadOnlyList<ServerEffect> Take(ServerEvent @event)
    {
        (State, var effects) = ParameterServer.Step(State, @event, Now, _pool);
        Effects.AddRange(effects);
        foreach (var effect in effects) CarryOut(effect);
        return effects;
    }

    public void TakeAt(int holder, HolderEvent @event)
    {
        (_holders[holder], var effects) = RangeHolder.Step(_holders[holder]!, @event, _pools[holder]);
        foreach (var effect in effects) CarryOut(holder, effect);
    }

    public void Send(string from, string to, Action message)
    {
        if (!_connections.TryGetValue((from, to), out var queue)) _connections[(from, to)] = queue = [];
        queue.Enqueue(message);
    }

    public static string NameOf(int holder) => $"holder-{holder}";

    private void CarryOut(ServerEffect effect)
    {
        switch (effect)
        {
            case SendWork e:
                var worker = _workers[e.Shard];
                Send("server", e.Shard.Name, () => worker.Take(e.Order));
                break;
            case GiveRanges e:
                foreach (var (i, range) in State.Split!.Ranges.Index())
                    _holders[i] = HolderState.Initial(
                        State.Plan, range, Part(e.Training.Parameters, range),
                        e.Training.Optimizer with
                        {
                            Moments = [.. e.Training.Optimizer.Moments.Select(m => Part(m, range))],
                        });
                break;
            case UpdateRanges e:
                ToHolders(new UpdateOrdered(e.Version, e.Nodes));
                break;
            case CollectRanges:
                _collected = 0;
                ToHolders(RangeAsked.Instance);
                break;
            case SaveCheckpoint e:
                var steps = State.Plan.StepsDone(e.Training.Position);
                Checkpoints.Add((steps, e.Training.Parameters.Sha256()));
                Send("disk", "server", () => Take(new CheckpointSettled(steps)));
                break;
        }
    }

    private void ToHolders(HolderEvent @event)
    {
        for (var i = 0; i < _holders.Length; i++)
        {
            var holder = i;
            Send("server", NameOf(i), () => TakeAt(holder, @event));
        }
    }

    private void CarryOut(int holder, HolderEffect effect)
    {
        switch (effect)
        {
            case ConfirmPush e:
                Send(NameOf(holder), "server", () => Take(new PushConfirmed(holder, e.Key)));
                break;
            case GiveRange:
                Send(NameOf(holder), "server", Collect);
                break;
            case SendRange e:
                SendRange(holder, e.Worker, e.Version, e.Parameters);
                break;
            case RefusePull e:
                if (WorkerOf(e.Worker) is { } refused)
                    Send(NameOf(holder), refused.Id.Name, () => refused.GiveUp(e.Version));
                break;
            case UpdateRange e:
                e.Update.Apply();
                foreach (var worker in e.Workers) SendRange(holder, worker, e.Version, e.Update.Parameters);
                break;
        }
    }

    private void SendRange(int holder, int number, long version, FlatVector range)
    {
        var copy = FlatVector.From(range.Span);
        if (WorkerOf(number) is { } worker)
            Send(NameOf(holder), worker.Id.Name, () => worker.Take(holder, version, copy));
    }

    private SplitWorker? WorkerOf(int number) => _workers.Values.FirstOrDefault(w => w.Number == number);

    // No step begins while the server collects: all holders stand still.
    private void Collect()
    {
        if (++_collected < _holders.Length) return;
        var optimizer = _holders[0]!.Optimizer;
        Take(new RangesCollected(
            Whole(_holders.Select(h => h!.Parameters)),
            optimizer with
            {
                Moments = [.. optimizer.Moments.Select((_, m) => Whole(_holders.Select(h => h!.Optimizer.Moments[m])))],
            }));
    }

    private static FlatVector Whole(IEnumerable<FlatVector> parts) =>
        FlatVector.From([.. parts.SelectMany(p => p.Span.ToArray())]);

    private static FlatVector Part(FlatVector vector, ParameterRange range) =>
        FlatVector.From(vector.Span.Slice(range.Start, range.Count));
}

/// <summary>A worker that pulls what an order is computed from, and pushes the gradient.</summary>
internal sealed class SplitWorker(SplitServer server, ShardId id, ShardComputation computation)
{
    private static int _count;

    private readonly List<WorkOrder> _orders = [];
    private readonly Dictionary<(int Holder, long Version), FlatVector> _pulled = [];

    public ShardId Id => id;

    public int Number { get; } = Interlocked.Increment(ref _count);

    public void Take(WorkOrder order)
    {
        _orders.Add(order);
        for (var i = 0; i < server.Holders.Count; i++)
        {
            var holder = i;
            server.Send(
                id.Name, SplitServer.NameOf(i),
                () => server.TakeAt(holder, new ParametersPulled(Number, order.Key.Version)));
        }
    }

    public void Take(int holder, long version, FlatVector range)
    {
        _pulled[(holder, version)] = range;
        foreach (var order in _orders.ToList())
        {
            var parts = Enumerable.Range(0, server.Holders.Count)
                .Select(h => _pulled.GetValueOrDefault((h, order.Key.Version))).ToList();
            if (parts.Contains(null)) continue;
            _orders.Remove(order);
            Answer(order, FlatVector.From([.. parts.SelectMany(p => p!.Span.ToArray())]));
        }
    }

    public void GiveUp(long version)
    {
        foreach (var order in _orders.Where(o => o.Key.Version == version).ToList())
        {
            _orders.Remove(order);
            server.Send(
                id.Name, "server",
                () => server.Take(new WorkFailed(id, order.Key, "the rest of the parameters did not come")));
        }
    }

    private void Answer(WorkOrder order, FlatVector parameters)
    {
        var answer = computation.Answer(order switch
        {
            GradientOrder o => o with { Parameters = parameters },
            EvaluationOrder o => o with { Parameters = parameters },
            _ => order,
        });
        if (answer is GradientAnswer a) Push(a);
        server.Send(id.Name, "server", () => server.Take(new WorkAnswered(id, answer)));
    }

    private void Push(GradientAnswer answer)
    {
        foreach (var (i, range) in server.State.Split!.Ranges.Index())
        {
            var (holder, part) = (i, FlatVector.From(answer.Sum.Gradient.Span.Slice(range.Start, range.Count)));
            server.Send(
                id.Name, SplitServer.NameOf(i), () => server.TakeAt(holder, new GradientPushed(answer.Key, part)));
        }
    }
}
