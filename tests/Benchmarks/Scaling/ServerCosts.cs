using System.Diagnostics;
using ActorTrain.Benchmarks.Report;
using ActorTrain.CostModel;
using ActorTrain.Server;

namespace ActorTrain.Benchmarks.Scaling;

/// <summary>What the server's own transitions cost: run with more and more units, and timed one by one.</summary>
internal static class ServerCosts
{
    private const int Steps = 12;

    // Compiled, and the speed of the units known.
    private const int StepsThatDoNotCount = 4;

    /// <summary>
    /// Microseconds of an answer, and of the one that ends a step and divides the next, by the units.
    /// </summary>
    /// <param name="units">How many units.</param>
    /// <param name="minibatchOf">Rows of a step and leaves of its tree, by the units.</param>
    public static (CostCurve Answer, CostCurve Plan) Of(
        IReadOnlyList<int> units, Func<int, (int Rows, int Leaves)> minibatchOf)
    {
        // The first run compiles.
        var times = units.Prepend(units[^1]).Select(u => (Units: u, Time: Time(minibatchOf(u), u))).Skip(1).ToList();
        // One unit has no answer that does not end the step.
        return (
            new([.. times.Where(t => t.Units > 1).Select(t => ((double)t.Units, t.Time.Answer))]),
            new([.. times.Select(t => ((double)t.Units, t.Time.Plan))]));
    }

    private static (double Answer, double Plan) Time((int Rows, int Leaves) minibatch, int units)
    {
        var plan = Workload.StandIn(Sequential.Mlp(4, 2), minibatch.Rows, minibatch.Leaves, Steps).Plan;
        var state = ServerState.Initial(plan, TrainingState.Initial(plan.Recipe), incarnation: 1, units);
        var (pool, events, now) = (new VectorPool(), new Queue<ServerEvent>(), TimeSpan.Zero);
        List<double> answers = [], plans = [];
        for (var i = 0; i < units; i++) events.Enqueue(new ShardJoined(new($"node {i}", 0), 2, IsRemote: true));
        while (state.StepsDone < Steps)
        {
            now += TimeSpan.FromMicroseconds(20);
            var @event = events.Dequeue();
            var start = Stopwatch.GetTimestamp();
            (state, var effects) = ParameterServer.Step(state, @event, now, pool);
            var micros = Stopwatch.GetElapsedTime(start).TotalMicroseconds;
            var isPlan = effects.Any(e => e is ApplyUpdate);
            if (@event is WorkAnswered && state.StepsDone > StepsThatDoNotCount) (isPlan ? plans : answers).Add(micros);
            foreach (var sent in effects.OfType<SendWork>())
                if (sent.Order is GradientOrder order)
                    events.Enqueue(new WorkAnswered(sent.Shard, CostedCluster.Zero(plan, order.Key)));
        }
        return (new Figures(answers).Median, new Figures(plans).Median);
    }
}
