using ActorTrain.Kernels;
using ActorTrain.Schedules;
using ActorTrain.Server;

namespace ActorTrain.Benchmarks;

/// <summary>
/// Trains the default recipe with the server's real transition and units in virtual time, each a node of its own: the
/// test accuracy, how stale gradients were, and the bytes that would cross a network. A minibatch takes a unit 1 ±
/// 0.25, by seed; so the figures are the same on every machine and do not depend on its load.
/// </summary>
internal static class StrategyBenchmark
{
    private const int Seed = 1;

    public static void Run()
    {
        var data = Dataset.Mnist();
        Console.WriteLine("| strategy | compression | units | test accuracy | test loss | mean staleness | largest | "
            + "KB a minibatch |");
        Console.WriteLine("| --- | --- | --- | --- | --- | --- | --- | --- |");
        foreach (var units in (int[])[2, 4])
        {
            foreach (var strategy in (string[])["sync", "ssp:1", "ssp:4", "async", "local:2", "local:8", "local:32"])
                Console.WriteLine(Row(data, strategy, "none", units));
            foreach (var compression in (string[])["bf16", "topk:0.1", "topk:0.01"])
                foreach (var strategy in (string[])["sync", "async"])
                    Console.WriteLine(Row(data, strategy, compression, units));
        }
    }

    private static string Row(Dataset data, string strategy, string compression, int units)
    {
        var recipe = new Recipe
        {
            Strategy = Strategy.TryParse(strategy, out var s) ? s : throw new ArgumentException(strategy),
            Compression = Compression.TryParse(compression, out var c) ? c : throw new ArgumentException(compression),
        };
        var run = new VirtualRun(recipe, data, units);
        var end = run.ToEnd();
        var updates = end.Training.Schedule?.Entries.OfType<ScheduledUpdate>().ToList() ?? [];
        var version = 0L;
        var stale = new List<long>();
        foreach (var update in updates)
        {
            stale.AddRange(update.Contributions.Where(x => x.IsApplied).Select(x => version - x.Version));
            version += strategy.StartsWith("local", StringComparison.Ordinal)
                ? update.Contributions.Max(x => x.Steps)
                : 1;
        }
        return $"| {strategy} | {compression} | {units} | {end.Evaluation!.Accuracy * 100:F2} % | "
            + $"{end.Evaluation.Loss:F4} | "
            + $"{(stale.Count == 0 ? 0 : stale.Average()):F2} | {(stale.Count == 0 ? 0 : stale.Max())} | "
            + $"{run.Bytes / 1e3 / (5 * 938):F0} |";
    }

    private sealed class VirtualRun
    {
        private readonly VectorPool _pool = new();
        private readonly Random _random = new(Seed);
        private readonly Dictionary<ShardId, Unit> _units = [];
        private readonly PriorityQueue<(ShardId Unit, WorkAnswer Answer), double> _answers = new();
        private ServerState _state;
        private EndRun? _end;
        private double _now;

        public VirtualRun(Recipe recipe, Dataset data, int units)
        {
            _state = ServerState.Initial(
                new(recipe, data.Description), TrainingState.Initial(recipe), incarnation: 1, units);
            for (var i = 1; i <= units; i++)
            {
                var id = new ShardId($"node-{i}", 0);
                _units[id] = new(_state.Plan, data);
                Take(new ShardJoined(id, Cores: 1, IsRemote: true));
            }
        }

        /// <summary>Both ways, without evaluations.</summary>
        public long Bytes { get; private set; }

        public EndRun ToEnd()
        {
            while (_end is null)
            {
                _answers.TryDequeue(out var next, out _now);
                Take(new WorkAnswered(next.Unit, next.Answer));
            }
            return _end;
        }

        private void Take(ServerEvent @event)
        {
            (_state, var effects) = ParameterServer.Step(_state, @event, TimeSpan.FromMilliseconds(_now), _pool);
            foreach (var update in effects.OfType<ApplyUpdate>()) update.Update.Apply();
            foreach (var order in effects.OfType<SendWork>()) Work(order);
            _end ??= effects.OfType<EndRun>().FirstOrDefault();
        }

        private void Work(SendWork sent)
        {
            var unit = _units[sent.Shard];
            var minibatches = sent.Order switch
            {
                LocalStepsOrder o => o.Steps,
                GradientOrder o =>
                    _state.Plan.TreeOf(0).LeafCount(o.Key.Node) / (double)_state.Plan.Recipe.Microbatches,
                _ => 1,
            };
            var vectorBytes = _state.Plan.Recipe.Model.Layout.Count * sizeof(float);
            if (sent.Order is LocalStepsOrder) Bytes += 4L * vectorBytes;
            if (sent.Order is GradientOrder)
            {
                if (unit.Version != sent.Order.Key.Version) Bytes += vectorBytes;
                unit.Version = sent.Order.Key.Version;
                Bytes += _state.Plan.Recipe.Compression.EncodedBytes(_state.Plan.Recipe.Model.Layout.Count);
            }
            _answers.Enqueue(
                (sent.Shard, unit.Answer(sent.Order)), _now + (minibatches * (0.75 + (0.5 * _random.NextDouble()))));
        }
    }

    private sealed class Unit
    {
        private readonly ShardComputation _computation;
        private readonly Compression _compression;
        private readonly float[] _residual;
        private readonly byte[] _bytes;
        private readonly float[] _arrived;

        public Unit(TrainingPlan plan, Dataset data)
        {
            _computation = new(plan, data, new ManagedMatMul());
            _compression = plan.Recipe.Compression;
            var count = plan.Recipe.Model.Layout.Count;
            _residual = new float[_compression.ResidualLength(count)];
            _bytes = new byte[_compression.EncodedBytes(count)];
            _arrived = new float[count];
        }

        public long Version { get; set; } = -1;

        public WorkAnswer Answer(WorkOrder order)
        {
            var answer = _computation.Answer(order);
            if (_compression is NoCompression || answer is not GradientAnswer gradient) return answer;
            _compression.Encode(gradient.Sum.Gradient.Span, _residual, _bytes);
            _compression.Decode(_bytes, _arrived);
            return gradient with
            {
                Sum = gradient.Sum with { Gradient = new(gradient.Sum.Gradient.Layout, FlatVector.From(_arrived)) },
            };
        }
    }
}
