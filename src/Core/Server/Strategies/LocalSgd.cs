using ActorTrain.Server;

namespace ActorTrain;

/// <summary>
/// Periodic averaging: in each round every core takes some consecutive minibatches and makes optimiser steps of its own
/// from the common parameters and moments; the server averages both over the round's participants, in the order of
/// their minibatches. Before a barrier the minibatches that are left divide evenly. Source: Stich 2019, "Local SGD
/// Converges Fast and Communicates Little"; moments are averaged too as in Yu et al. 2019.
/// </summary>
/// <param name="Steps">Minibatches for each participant and round, 1 … 1 000 000.</param>
public sealed record LocalSgd(int Steps) : Strategy
{
    /// <summary>Minibatches for each participant and round, 1 … 1 000 000.</summary>
    public int Steps { get; } = Steps is >= 1 and <= Most
        ? Steps
        : throw new ArgumentOutOfRangeException(
            nameof(Steps), Steps, $"LocalSgd: the steps are {Steps}; give 1 to {Most}.");

    internal override Transition Begin(
        ServerState state, IReadOnlyList<ServerEffect> before, TimeSpan now, VectorPool pool) =>
        Rounds.Begin(state, WorkKind.LocalSteps, before, now);

    /// <summary>A round's minibatches as rows of a tree; a leaf is what one participant takes.</summary>
    /// <param name="minibatches">Until the next barrier.</param>
    /// <param name="participants">Cores that are idle, at least 1.</param>
    internal MicrobatchTree TreeOf(long minibatches, int participants) =>
        new((int)Math.Min(minibatches, Math.Min(int.MaxValue, (long)Steps * participants)), participants);

    /// <summary>The state after a round.</summary>
    /// <param name="plan">The run's plan.</param>
    /// <param name="state">Before it.</param>
    /// <param name="minibatches">How many the round took.</param>
    /// <param name="answers">Of all participants, in order of their minibatches.</param>
    /// <param name="pool">Where the new vectors are taken from.</param>
    internal static TrainingState Average(
        TrainingPlan plan, TrainingState state, int minibatches, ReadOnlySpan<LocalStepsAnswer> answers,
        VectorPool pool)
    {
        var vectors = new ReadOnlyMemory<float>[answers.Length];
        for (var i = 0; i < answers.Length; i++) vectors[i] = answers[i].Parameters.Memory;
        var parameters = Mean(vectors, pool);
        var moments = new FlatVector[state.Optimizer.Moments.Length];
        for (var m = 0; m < moments.Length; m++)
        {
            for (var i = 0; i < answers.Length; i++) vectors[i] = answers[i].Optimizer.Moments[m].Memory;
            moments[m] = Mean(vectors, pool);
        }
        var (updates, totals) = (state.Optimizer.Step, state.Totals);
        foreach (var answer in answers)
        {
            updates = Math.Max(updates, answer.Optimizer.Step);
            totals = totals.Plus(answer.Sum);
        }
        return state with
        {
            Position = plan.PositionOf(plan.StepsDone(state.Position) + minibatches),
            Parameters = parameters,
            Optimizer = new(updates, [.. moments]),
            Totals = totals,
        };
    }

    private static FlatVector Mean(ReadOnlyMemory<float>[] vectors, VectorPool pool)
    {
        const int runLength = ParameterUpdate.RunLength;
        var tree = new MicrobatchTree(vectors.Length, vectors.Length);
        var sum = new TreeSum(tree, [.. Enumerable.Range(0, vectors.Length).Select(i => new TreeNode(0, i))]);
        var mean = pool.Take(vectors[0].Length);
        var scratch = new float[sum.ScratchLength(runLength)];
        for (var start = 0; start < mean.Memory.Length; start += runLength)
        {
            var length = Math.Min(runLength, mean.Memory.Length - start);
            Kernels.VectorOperations.Divide(
                sum.Of(vectors, start, length, scratch), vectors.Length, mean.Memory.Span.Slice(start, length));
        }
        return mean.Frozen;
    }
}
