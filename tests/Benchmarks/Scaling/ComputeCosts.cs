using System.Diagnostics;
using ActorTrain.Benchmarks.Report;
using ActorTrain.CostModel;
using ActorTrain.Kernels;
using ActorTrain.Server;

namespace ActorTrain.Benchmarks.Scaling;

/// <summary>
/// What computing costs here: a gradient by its rows, an update by the gradients that it sums. As in a run, what they
/// read was written by another core, which then reads what they write.
/// </summary>
internal static class ComputeCosts
{
    private const int LeastSamples = 9;
    private const double LeastMicroseconds = 300_000;

    /// <summary>Microseconds of one core for the gradient of some rows, where leaves have so many each.</summary>
    /// <param name="network">The network.</param>
    /// <param name="data">Rows of it are computed.</param>
    /// <param name="leafRows">Rows of a microbatch.</param>
    /// <param name="mostRows">Up to so many rows.</param>
    public static CostCurve Gradient(Sequential network, Dataset data, int leafRows, int mostRows)
    {
        List<(double, double)> points = [];
        using var other = new OtherCore();
        for (var leaves = 1; leaves * leafRows <= mostRows; leaves *= 2)
        {
            var gradient = new GradientCall(network, data, leafRows, leaves);
            points.Add((leaves * leafRows, MedianMicroseconds(
                gradient.Compute,
                before: () => other.Do(gradient.WriteParameters),
                after: () => other.Do(gradient.ReadGradient))));
        }
        return new([.. points]);
    }

    /// <summary>How many cores that nobody slows down all cores are worth when each computes such a gradient.</summary>
    public static double CoresTogether(Sequential network, Dataset data, int leafRows, int leaves)
    {
        var cores = Environment.ProcessorCount;
        var calls = new GradientCall[cores];
        for (var i = 0; i < cores; i++) calls[i] = new(network, data, leafRows, leaves);
        var alone = MedianMicroseconds(calls[0].Compute);
        var together = new double[cores];
        using var start = new Barrier(cores);
        Thread[] threads =
        [
            .. calls.Select((call, i) => new Thread(() =>
            {
                start.SignalAndWait();
                together[i] = MedianMicroseconds(call.Compute);
            })),
        ];
        foreach (var thread in threads) thread.Start();
        foreach (var thread in threads) thread.Join();
        return Math.Min(cores, together.Sum(t => alone / t));
    }

    /// <summary>Microseconds of one core to sum so many gradients and update all parameters.</summary>
    public static CostCurve Update(Sequential network, params ReadOnlySpan<int> gradients)
    {
        var recipe = new Recipe { Model = network };
        var (state, pool, count) = (TrainingState.Initial(recipe), new VectorPool(), network.Layout.Count);
        List<Memory<float>> sums = [];
        List<(double, double)> points = [];
        using var other = new OtherCore();
        var arrived = new float[count];
        foreach (var many in gradients)
        {
            while (sums.Count < many) sums.Add(AlignedMemory.Allocate(count));
            ReadOnlyMemory<float>[] parts = [.. sums.Select(s => (ReadOnlyMemory<float>)s)];
            var sum = new TreeSum(new(many, many), [.. Enumerable.Range(0, many).Select(i => new TreeNode(0, i))]);
            ParameterUpdate? update = null;
            points.Add((many, MedianMicroseconds(
                () =>
                {
                    update = new(
                        recipe.UpdateRule, state.Parameters, state.Optimizer, sum, [.. parts], rows: 64, pool);
                    update.Apply();
                },
                before: () => other.Do(() =>
                {
                    foreach (var s in sums) arrived.CopyTo(s);
                }),
                after: () =>
                {
                    other.Do(() => update!.Parameters.Span.CopyTo(arrived));
                    Array.Clear(arrived);
                    pool.Return(update!.Parameters);
                    foreach (var moment in update.State.Moments) pool.Return(moment);
                })));
        }
        return new([.. points]);
    }

    /// <summary>
    /// Microseconds of a message between actors of a process: half of a step so small that it is little else.
    /// </summary>
    public static double Hop(Dataset data)
    {
        var recipe = new Recipe { Model = Sequential.Mlp(784, 8, 10), BatchSize = 8, Microbatches = 1, Epochs = 4 };
        var step = new Figures(StepBenchmark.StepMicroseconds(recipe, data, shards: 1).Skip(1)).Median;
        return Math.Max(0, step - Gradient(recipe.Model, data, leafRows: 8, mostRows: 8).At(8)) / 2;
    }

    // Of the call alone, without what comes before and after it.
    private static double MedianMicroseconds(Action call, Action? before = null, Action? after = null)
    {
        List<double> samples = [];
        for (var sum = 0.0; samples.Count < LeastSamples || sum < LeastMicroseconds; sum += samples[^1])
        {
            before?.Invoke();
            var start = Stopwatch.GetTimestamp();
            call();
            samples.Add(Stopwatch.GetElapsedTime(start).TotalMicroseconds);
            after?.Invoke();
        }
        return new Figures(samples).Median;
    }

    private sealed class GradientCall
    {
        private readonly ShardComputation _computation;
        private readonly TrainingPlan _plan;
        private readonly FlatVector _initial;
        private readonly PooledVector _parameters;
        private readonly float[] _sent;
        private GradientAnswer? _answer;
        private long _version;

        public GradientCall(Sequential network, Dataset data, int leafRows, int leaves)
        {
            var recipe = new Recipe { Model = network, BatchSize = leafRows * leaves, Microbatches = leaves };
            _plan = new(recipe, data.Description);
            _computation = new(_plan, data, new ManagedMatMul());
            _initial = TrainingState.Initial(recipe).Parameters;
            _parameters = new VectorPool().Take(_initial.Count);
            _sent = new float[_initial.Count];
            WriteParameters();
        }

        public void WriteParameters() => _initial.Span.CopyTo(_parameters.Memory.Span);

        // Each time of another version, so that its memory is used again, and of other images.
        public void Compute()
        {
            var step = ++_version % (_plan.StepsPerEpoch - 1);
            _answer = (GradientAnswer)_computation.Answer(new GradientOrder(
                new(1, _version, step, WorkKind.Gradient, _plan.TreeOf(0).Root), _parameters.Frozen));
        }

        public void ReadGradient() => _answer!.Sum.Gradient.Span.CopyTo(_sent);
    }
}
