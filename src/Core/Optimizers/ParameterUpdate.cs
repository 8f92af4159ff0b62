using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace ActorTrain;

/// <summary>
/// The update of one step: sums of gradients in, the next parameters and optimiser state out. Element by element, so it
/// may be done in parts, in any order and more than once: it writes only into new memory, always the same values.
/// </summary>
public sealed class ParameterUpdate
{
    /// <summary>
    /// Elements that are done at a time: 4 KB of each vector, so that a run's seven vectors stay in a 32 KB first-level
    /// cache from the tree's sum to the update.
    /// </summary>
    public const int RunLength = 1024;

    private readonly Optimizer _optimizer;
    private readonly FlatVector _parameters;
    private readonly OptimizerState _state;
    private readonly TreeSum _treeSum;
    private readonly ReadOnlyMemory<float>[] _sums;
    private readonly float _scale;
    private readonly PooledVector _next;
    private readonly PooledVector[] _moments;

    /// <summary>An update that is still to be done.</summary>
    /// <param name="optimizer">The optimiser.</param>
    /// <param name="parameters">The parameters before.</param>
    /// <param name="state">The optimiser's state before.</param>
    /// <param name="treeSum">How the nodes' sums add up.</param>
    /// <param name="sums">Each node's gradient sum.</param>
    /// <param name="rows">Rows of the minibatch.</param>
    /// <param name="pool">Where the new vectors are taken from.</param>
    public ParameterUpdate(
        Optimizer optimizer, FlatVector parameters, OptimizerState state,
        TreeSum treeSum, ReadOnlyMemory<float>[] sums, int rows, VectorPool pool)
    {
        (_optimizer, _parameters, _state, _treeSum, _sums, _scale) = (
            optimizer, parameters, state, treeSum, sums, 1f / rows);
        _next = pool.Take(parameters.Count);
        _moments = new PooledVector[optimizer.MomentCount];
        for (var m = 0; m < _moments.Length; m++) _moments[m] = pool.Take(parameters.Count);
    }

    /// <summary>How many runs of <see cref="RunLength"/> elements there are; the last may be shorter.</summary>
    public int Runs => (_parameters.Count + RunLength - 1) / RunLength;

    /// <summary>The new parameters; their contents are valid when every run is done.</summary>
    public FlatVector Parameters => _next.Frozen;

    /// <summary>The new optimiser state; its contents are valid when every run is done.</summary>
    public OptimizerState State
    {
        get
        {
            var moments = new FlatVector[_moments.Length];
            for (var m = 0; m < moments.Length; m++) moments[m] = _moments[m].Frozen;
            return new(_state.Step + 1, ImmutableCollectionsMarshal.AsImmutableArray(moments));
        }
    }

    /// <summary>Does the whole update.</summary>
    public void Apply() => Apply(firstRun: 0, Runs);

    /// <summary>Sums, scales and updates some runs, in one pass.</summary>
    [SkipLocalsInit]
    public void Apply(int firstRun, int runs)
    {
        Span<float> scratch = stackalloc float[_treeSum.ScratchLength(RunLength) <= 8 * RunLength ? 8 * RunLength : 0];
        if (scratch.IsEmpty) scratch = new float[_treeSum.ScratchLength(RunLength)];
        var end = Math.Min(_parameters.Count, (firstRun + runs) * RunLength);
        for (var start = firstRun * RunLength; start < end; start += RunLength)
        {
            var length = Math.Min(RunLength, end - start);
            _optimizer.Update(new()
            {
                Step = _state.Step,
                GradientSum = _treeSum.Of(_sums, start, length, scratch),
                GradientScale = _scale,
                Parameters = _parameters.Span.Slice(start, length),
                Moment1 = _moments.Length > 0 ? _state.Moments[0].Span.Slice(start, length) : default,
                Moment2 = _moments.Length > 1 ? _state.Moments[1].Span.Slice(start, length) : default,
                NewParameters = _next.Memory.Span.Slice(start, length),
                NewMoment1 = _moments.Length > 0 ? _moments[0].Memory.Span.Slice(start, length) : default,
                NewMoment2 = _moments.Length > 1 ? _moments[1].Memory.Span.Slice(start, length) : default,
            });
        }
    }
}
