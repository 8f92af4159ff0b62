using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using ActorTrain.Kernels;

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

    private readonly UpdateRule _rule;
    private readonly float _rate;
    private readonly FlatVector _parameters;
    private readonly OptimizerState _state;
    private readonly TreeSum _treeSum;
    private readonly ReadOnlyMemory<float>[] _sums;
    private readonly float _scale;
    private readonly PooledVector _next;
    private readonly PooledVector[] _moments;
    private readonly Lock? _clipping;
    private float? _clippedScale;

    /// <summary>An update that is still to be done.</summary>
    /// <param name="rule">Optimiser, learning rate, clipping, average.</param>
    /// <param name="parameters">The parameters before.</param>
    /// <param name="state">The optimiser's state before.</param>
    /// <param name="treeSum">How the nodes' sums add up.</param>
    /// <param name="sums">Each node's gradient sum.</param>
    /// <param name="rows">Rows of the minibatch.</param>
    /// <param name="pool">Where the new vectors are taken from.</param>
    public ParameterUpdate(
        UpdateRule rule, FlatVector parameters, OptimizerState state,
        TreeSum treeSum, ReadOnlyMemory<float>[] sums, int rows, VectorPool pool)
    {
        (_rule, _parameters, _state, _treeSum, _sums, _scale) = (rule, parameters, state, treeSum, sums, 1f / rows);
        _rate = rule.RateAt(state.Step);
        if (rule.Clipping is ClipByNorm) _clipping = new();
        _next = pool.Take(parameters.Count);
        _moments = new PooledVector[rule.MomentCount];
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
        Span<float> clipped = stackalloc float[_rule.Clipping is ClipByValue ? RunLength : 0];
        var scale = _clipping is null ? _scale : ClippedScale(scratch);
        var optimizer = _rule.Optimizer;
        var kept = optimizer.MomentCount;
        var end = Math.Min(_parameters.Count, (firstRun + runs) * RunLength);
        for (var start = firstRun * RunLength; start < end; start += RunLength)
        {
            var length = Math.Min(RunLength, end - start);
            var sum = _treeSum.Of(_sums, start, length, scratch);
            var gradient = sum;
            if (_rule.Clipping is ClipByValue clipping)
            {
                VectorOperations.Clip(gradient, _scale, clipping.Limit, clipped[..length]);
                gradient = clipped[..length];
                scale = 1;
            }
            optimizer.Update(new()
            {
                Step = _state.Step,
                LearningRate = _rate,
                GradientSum = gradient,
                GradientScale = scale,
                Parameters = _parameters.Span.Slice(start, length),
                Moment1 = kept > 0 ? _state.Moments[0].Span.Slice(start, length) : default,
                Moment2 = kept > 1 ? _state.Moments[1].Span.Slice(start, length) : default,
                NewParameters = _next.Memory.Span.Slice(start, length),
                NewMoment1 = kept > 0 ? _moments[0].Memory.Span.Slice(start, length) : default,
                NewMoment2 = kept > 1 ? _moments[1].Memory.Span.Slice(start, length) : default,
            });
            foreach (var range in _rule.Untrained) LeaveAlone(range, sum, start, length);
            if (_rule.Averaging is { } averaging) Average(averaging, start, length);
        }
    }

    // Statistics go towards their mean; all else of the range is as it was, whatever the optimiser has written.
    private void LeaveAlone(UntrainedRange range, ReadOnlySpan<float> sum, int start, int length)
    {
        var (offset, count) = range.In(start, length);
        if (count == 0) return;
        var old = _parameters.Span.Slice(start + offset, count);
        var next = _next.Memory.Span.Slice(start + offset, count);
        if (range.Momentum == 0) old.CopyTo(next);
        for (var i = 0; range.Momentum > 0 && i < count; i++)
            next[i] = MathF.FusedMultiplyAdd(range.Momentum, (sum[offset + i] * _scale) - old[i], old[i]);
        for (var m = 0; m < _rule.Optimizer.MomentCount; m++)
            _state.Moments[m].Span.Slice(start + offset, count)
                .CopyTo(_moments[m].Memory.Span.Slice(start + offset, count));
    }

    private void Average(WeightAveraging averaging, int start, int length) => VectorOperations.Lerp(
        _state.Moments[^1].Span.Slice(start, length), _next.Memory.Span.Slice(start, length),
        averaging.ShareAt(_state.Step), _moments[^1].Memory.Span.Slice(start, length));

    // A pass over the whole gradient before the first run: whoever comes first makes it, the others wait for it.
    private float ClippedScale(Span<float> scratch)
    {
        lock (_clipping!)
        {
            if (_clippedScale is { } known) return known;
            var norm = GradientNorm.Of(_treeSum, _sums, _rule.Untrained.AsSpan(), scratch) * _scale;
            _clippedScale = _scale * ((ClipByNorm)_rule.Clipping!).Factor(norm);
            return _clippedScale.Value;
        }
    }
}
