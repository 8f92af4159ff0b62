namespace ActorTrain;

/// <summary>The pure update of a step: sums of gradients in, the next parameters and optimiser state out.</summary>
public static class ParameterUpdate
{
    // 1,024 floats are 4 KB: the run's seven vectors stay in a 32 KB first-level cache from the tree's sum to the update.
    private const int RunLength = 1024;

    /// <summary>Sums the gradients along the tree, divides by the rows, and lets the optimiser update; one pass.</summary>
    /// <param name="optimizer">The optimiser.</param>
    /// <param name="parameters">The parameters before.</param>
    /// <param name="state">The optimiser's state before.</param>
    /// <param name="treeSum">How the nodes' sums add up.</param>
    /// <param name="sums">Each node's gradient sum.</param>
    /// <param name="rows">Rows of the minibatch.</param>
    /// <param name="pool">Where the new vectors are taken from.</param>
    public static (FlatVector Parameters, OptimizerState State) Apply(
        Optimizer optimizer, FlatVector parameters, OptimizerState state,
        TreeSum treeSum, ReadOnlySpan<ReadOnlyMemory<float>> sums, int rows, VectorPool pool)
    {
        var next = pool.Take(parameters.Count);
        var moments = new PooledVector[optimizer.MomentCount];
        for (var m = 0; m < moments.Length; m++) moments[m] = pool.Take(parameters.Count);
        Span<float> scratch = new float[treeSum.ScratchLength(RunLength)];
        for (var start = 0; start < parameters.Count; start += RunLength)
        {
            var length = Math.Min(RunLength, parameters.Count - start);
            optimizer.Update(new()
            {
                Step = state.Step,
                GradientSum = treeSum.Of(sums, start, length, scratch),
                GradientScale = 1f / rows,
                Parameters = parameters.Span.Slice(start, length),
                Moment1 = moments.Length > 0 ? state.Moments[0].Span.Slice(start, length) : default,
                Moment2 = moments.Length > 1 ? state.Moments[1].Span.Slice(start, length) : default,
                NewParameters = next.Memory.Span.Slice(start, length),
                NewMoment1 = moments.Length > 0 ? moments[0].Memory.Span.Slice(start, length) : default,
                NewMoment2 = moments.Length > 1 ? moments[1].Memory.Span.Slice(start, length) : default,
            });
        }
        return (next.Frozen, new(state.Step + 1, [.. moments.Select(m => m.Frozen)]));
    }
}
