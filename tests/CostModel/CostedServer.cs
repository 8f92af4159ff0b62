using ActorTrain.Actors;

namespace ActorTrain.CostModel;

/// <summary>
/// A server that only serves: the real rules, each thing that it does in the time that it costs.
/// </summary>
internal sealed class CostedServer(
    VirtualTime time, Costs costs, Workload workload, Machine machine, int workers)
{
    private const double BetweenTicks = 50_000;

    // A step of minutes is looked at less often, or looking would be most of what there is to simulate.
    private const double StepShareBetweenTicks = 0.01;

    private readonly Dictionary<ShardId, Unit> _units = [];
    private readonly List<(Unit Unit, List<WorkOrder> Orders)> _ahead = [];
    private readonly VectorPool _pool = new();
    private ServerState _state = ServerState.Initial(
        workload.Plan, TrainingState.Initial(workload.Plan.Recipe), incarnation: 1, shardsToBegin: workers);

    /// <summary>When each step was done.</summary>
    public List<double> StepsDone { get; } = [];

    /// <summary>Orders in the order of handing out.</summary>
    public List<(ShardId Unit, WorkKey Key)> Orders { get; } = [];

    /// <summary>How often work was handed out again because it was late.</summary>
    public int Late { get; private set; }

    /// <summary>The run so far.</summary>
    public TrainingState Training => _state.Training;

    /// <summary>What its actor does.</summary>
    public Lane Actor { get; } = new(time, costs, machine);

    /// <summary>A worker is there.</summary>
    public void Join(ShardId id, int cores, Channel channel, CostedWorker worker)
    {
        _units.Add(id, new(channel, worker));
        Take(new ShardJoined(id, cores, IsRemote: true));
    }

    /// <summary>Begins to look after those who are late.</summary>
    public void StartTicking()
    {
        var age = time.Now - StepsDone.LastOrDefault();
        time.After(Math.Max(BetweenTicks, StepShareBetweenTicks * age), () =>
        {
            Take(Ticked.Instance);
            StartTicking();
        });
    }

    /// <summary>An answer has arrived.</summary>
    public void TakeAnswer(ShardId unit, WorkAnswer answer) => Take(new WorkAnswered(unit, answer));

    private void Take(ServerEvent @event) => Actor.Add(done =>
    {
        var vectors = (_state.Round?.Answers.Length ?? 0) + 1;
        (_state, var effects) = ParameterServer.Step(_state, @event, TimeSpan.FromMicroseconds(time.Now), _pool);
        var work = @event switch
        {
            WorkAnswered when effects.Any(e => e is ApplyUpdate) => costs.Plan.At(workers),
            WorkAnswered => costs.Answer.At(workers),
            _ => 0,
        };
        machine.Cores.Use(costs.Hop + work, () => CarryOut(effects, 0, vectors, done));
    });

    private void CarryOut(IReadOnlyList<ServerEffect> effects, int index, int vectors, Action done)
    {
        if (index == effects.Count)
        {
            done();
            return;
        }
        void Next() => CarryOut(effects, index + 1, vectors, done);
        switch (effects[index])
        {
            case SendWork e:
                Orders.Add((e.Shard, e.Order.Key));
                Send(e, Next);
                break;
            case ApplyUpdate e:
                e.Update.Apply();
                Apply(costs.Update.At(vectors), Next);
                break;
            case ReportReassignment:
                Late++;
                Next();
                break;
            case ReportStep:
                StepsDone.Add(time.Now);
                Next();
                break;
            default:
                Next();
                break;
        }
    }

    private void Send(SendWork e, Action next)
    {
        var unit = _units[e.Shard];
        if (e.IsAhead)
        {
            var index = _ahead.FindIndex(a => a.Unit == unit);
            if (index < 0) _ahead.Add((unit, [e.Order]));
            else _ahead[index].Orders.Add(e.Order);
            next();
            return;
        }
        if (unit.Version == e.Order.Key.Version) unit.SendOrder(e.Order, next);
        else unit.SendParameters(e.Order.Key.Version, 0, workload.Count, () => unit.SendOrder(e.Order, next));
    }

    // This actor does pieces from the front and sends them, another thread does others from the end.
    private void Apply(double work, Action next)
    {
        var ends = workload.Pieces();
        var (claims, written) = (new PieceClaims(ends.Length), 0);
        var both = new Countdown(2, () => Written(written, workload.Count, 0, () =>
        {
            _ahead.Clear();
            next();
        }));
        if (claims.IsShared(costs.Cores)) Back();
        else both.End();
        Front();

        void Front()
        {
            if (!claims.TryClaim(isFront: true, out var piece))
            {
                both.End();
                return;
            }
            machine.Cores.Use(WorkOf(piece), () =>
            {
                if (!claims.IsToldAtOnce(piece))
                {
                    Front();
                    return;
                }
                var from = written;
                written = ends[piece];
                Written(from, written, 0, Front);
            });
        }

        void Back()
        {
            if (claims.TryClaim(isFront: false, out var piece)) machine.Cores.Use(WorkOf(piece), Back);
            else both.End();
        }

        double WorkOf(int piece) =>
            work * (ends[piece] - (piece == 0 ? 0 : ends[piece - 1])) / workload.Count;
    }

    // To one unit after the other; the orders go behind the first piece.
    private void Written(int from, int end, int index, Action next)
    {
        if (index == _ahead.Count)
        {
            next();
            return;
        }
        var (unit, orders) = _ahead[index];
        unit.SendParameters(orders[0].Key.Version, from, end, () =>
        {
            if (from == 0) SendOrders(0);
            else Written(from, end, index + 1, next);
        });

        void SendOrders(int order)
        {
            if (order == orders.Count) Written(from, end, index + 1, next);
            else unit.SendOrder(orders[order], () => SendOrders(order + 1));
        }
    }

    private sealed class Unit(Channel channel, CostedWorker worker)
    {
        public long Version { get; private set; } = -1;

        public void SendParameters(long version, int from, int end, Action next)
        {
            Version = version;
            channel.Send((end - from) * (long)sizeof(float), () => worker.TakeParameters(end), next);
        }

        public void SendOrder(WorkOrder order, Action next) =>
            channel.Send(0, () => worker.TakeOrder(order), next);
    }
}
