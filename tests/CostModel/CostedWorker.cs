using ActorTrain.Actors;

namespace ActorTrain.CostModel;

/// <summary>A worker node: the real rules, each thing that it does in the time that it costs.</summary>
internal sealed class CostedWorker
{
    private readonly VirtualTime _time;
    private readonly Costs _costs;
    private readonly Workload _workload;
    private readonly Machine _machine;
    private readonly IReadOnlyList<Segment> _segments;
    private readonly Lane _actor;
    private readonly List<(ShardId Id, Lane Lane, Func<WorkOrder, WorkAnswer> Compute)> _shards = [];
    private readonly List<(int Needs, Action Begin)> _starved = [];
    private readonly NodeSums _sums = new();
    private WorkerState _state;
    private int _arrived;
    private (WorkKey Key, int From) _streamed;

    public CostedWorker(
        VirtualTime time, Costs costs, Workload workload, Machine machine, int shards,
        Func<Func<WorkOrder, WorkAnswer>> newComputation)
    {
        (_time, _costs, _workload, _machine) = (time, costs, workload, machine);
        _segments = workload.Segments();
        _actor = new(time, costs, machine);
        _state = WorkerState.Initial(workload.Plan);
        for (var i = 0; i < shards; i++)
        {
            _shards.Add((new($"shard {i}", 0), new(time, costs, machine), newComputation()));
            (_state, _) = WorkerNode.Step(_state, new NodeShardReady(_shards[i].Id), _sums);
        }
    }

    /// <summary>Its way to the server, and what the server does with what comes over it.</summary>
    public required Channel ToServer { get; init; }

    /// <summary>What its gradients cost, as a multiple of the usual.</summary>
    public required double Slowness { get; init; }

    /// <summary>Called when an answer has arrived at the server.</summary>
    public required Action<WorkAnswer> Answered { get; init; }

    /// <summary>Microseconds so far in which its shards computed, divided by the shards.</summary>
    public double Computing { get; private set; }

    /// <summary>Parameters have arrived, up to this element; from the first one on, a new version begins.</summary>
    public void TakeParameters(int count)
    {
        _arrived = count;
        for (var i = _starved.Count - 1; i >= 0; i--)
        {
            if (_starved[i].Needs > count) continue;
            var begin = _starved[i].Begin;
            _starved.RemoveAt(i);
            begin();
        }
    }

    /// <summary>An order has arrived.</summary>
    public void TakeOrder(WorkOrder order) => Take(new OrderArrived(order));

    private void Take(WorkerEvent @event) => _actor.Add(done =>
    {
        (_state, var effects) = WorkerNode.Step(_state, @event, _sums);
        var sum = effects is [SendAnswer e, ..] ? SumOf(e) : 0;
        _machine.Cores.Use(_costs.Hop + sum, () => CarryOut(effects, 0, done));
    });

    // Joins cost here what they cost in the server's update.
    private double SumOf(SendAnswer answer)
    {
        var parts = _workload.Plan.TreeOf(0).Divide(answer.Answer.Key.Node, _shards.Count).Length;
        return _costs.Update.At(parts) - _costs.Update.At(1);
    }

    private void CarryOut(IReadOnlyList<WorkerEffect> effects, int index, Action done)
    {
        if (index == effects.Count)
        {
            done();
            return;
        }
        void Next() => CarryOut(effects, index + 1, done);
        switch (effects[index])
        {
            case GivePart e:
                Give(e);
                Next();
                break;
            case SendAnswer e:
                var unsent = _streamed.Key == e.Answer.Key ? _streamed.From : _workload.Count;
                ToServer.Send(unsent * (long)sizeof(float), () => Answered(e.Answer), Next);
                break;
            default:
                throw new System.Diagnostics.UnreachableException($"{effects[index]} is not modelled.");
        }
    }

    private void Give(GivePart e)
    {
        var (id, lane, compute) = _shards.Find(s => s.Id == e.Shard);
        var (_, rows) = _workload.Plan.TreeOf(_workload.Plan.PositionOf(e.Part.Key.Step).Step).RowsOf(e.Part.Key.Node);
        if (e.IsWhole && _workload.IsStreamed) _streamed = (e.Part.Key, _workload.Count);
        lane.Add(done => Compute(0, e, Slowness * _costs.Gradient.At(rows), 0, computing =>
        {
            Computing += computing / _shards.Count;
            Take(new PartAnswered(
                id, compute(e.Part) with { Computing = TimeSpan.FromMicroseconds(Math.Floor(computing)) }));
            done();
        }));
    }

    private void Compute(int segment, GivePart e, double work, double computing, Action<double> done)
    {
        if (segment == _segments.Count)
        {
            _machine.Cores.Use(_costs.Hop, () => done(computing));
            return;
        }
        var (share, needs, finalFrom) = _segments[segment];
        if (_arrived < needs) _starved.Add((needs, Begin));
        else Begin();

        void Begin()
        {
            var begin = _time.Now;
            _machine.Cores.Use(share * work, () =>
            {
                var soFar = computing + _time.Now - begin;
                Stream(e, finalFrom, () => Compute(segment + 1, e, work, soFar, done));
            });
        }
    }

    private void Stream(GivePart e, int finalFrom, Action next)
    {
        var isPart = _streamed.Key == e.Part.Key && finalFrom > 0
            && _streamed.From - finalFrom >= StreamedVector.MinPart;
        if (!isPart)
        {
            next();
            return;
        }
        var bytes = (_streamed.From - finalFrom) * (long)sizeof(float);
        _streamed = (e.Part.Key, finalFrom);
        ToServer.Send(bytes, () => { }, next);
    }
}
