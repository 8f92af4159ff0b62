using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using ActorTrain.Kernels;

namespace ActorTrain;

/// <summary>
/// The parameters and moments that a rank updates during a joint run, where they are. A part of a large layer's columns
/// lies in the run's vectors, and so does the head. Of another small layer the rank has a copy, and so it has of its
/// columns of the first layer, which nobody else reads: among the others' columns they would fall into half of a
/// cache's sets, or fewer.
/// </summary>
internal sealed class RankParameters
{
    // Beyond a large part of a second-level cache there is nothing to win.
    private const int MostFloats = 1 << 18;

    private JointRun _run = null!;
    private Place[] _places = [];
    private Memory<float>[] _own = [];
    private int _rank;

    /// <summary>Begins a run: takes what the rank has a copy of.</summary>
    public void Load(JointRun run, int rank)
    {
        (_run, _rank) = (run, rank);
        Lay();
        for (var moment = -1; moment < Moments; moment++)
            foreach (var place in _places)
                for (var line = 0; place.IsOwn && line < place.Lines; line++)
                    run.Before(step: 0, moment).Slice(place.InRun(line), place.Width)
                        .CopyTo(_own[moment + 1].Span[place.InOwn(line)..]);
    }

    /// <summary>Ends it: writes what nobody else writes.</summary>
    public void Store()
    {
        for (var moment = -1; moment < Moments; moment++)
            foreach (var place in _places)
                for (var line = 0; place.IsOwn && IsWriter(place) && line < place.Lines; line++)
                    _own[moment + 1].Span.Slice(place.InOwn(line), place.Width)
                        .CopyTo(_run.After(moment)[place.InRun(line)..]);
    }

    /// <summary>The columns of a layer's weight that the rank multiplies by, [in, part].</summary>
    public MatrixView Weight(int layer, int step)
    {
        var place = _places[layer];
        return new(Before(place, step, -1)[place.Weight..], place.Layer.In, place.Width, place.Stride);
    }

    /// <summary>The same part of its bias; empty where there is none.</summary>
    public ReadOnlySpan<float> Bias(int layer, int step)
    {
        var place = _places[layer];
        return place.Bias < 0 ? default : Before(place, step, -1).Slice(place.Bias, place.Width);
    }

    /// <summary>Rows of a layer's weight, with the columns of all ranks; not of the first layer.</summary>
    public MatrixView Rows(int layer, int step, int from, int to)
    {
        var place = _places[layer];
        var start = (place.IsOwn ? place.Weight : place.Layer.Weight) + (from * place.Layer.Out);
        return new(Before(place, step, -1)[start..], to - from, place.Layer.Out);
    }

    /// <summary>
    /// Parameters and first moment that an update will read, where they are too many to have stayed in a cache.
    /// </summary>
    public unsafe RowsAhead AheadOf(int layer, int step, int row, int column)
    {
        var place = _places[layer];
        if (place.IsOwn || Moments == 0 || place.Layer.In * place.Width <= MostFloats) return default;
        var start = place.Weight + (row * place.Stride) + column;
        return new() { First = Pointer(-1), Second = Pointer(0), Stride = place.Stride };

        // Only asked for, never read: it may move.
        float* Pointer(int moment) => (float*)Unsafe.AsPointer(ref MemoryMarshal.GetReference(
            Before(place, step, moment)[start..]));
    }

    /// <summary>Updates rows of the part of a layer's weight.</summary>
    /// <param name="rule">Optimiser and average.</param>
    /// <param name="pass">The step.</param>
    /// <param name="layer">Which layer.</param>
    /// <param name="row">The first input.</param>
    /// <param name="rows">How many inputs.</param>
    /// <param name="column">The first output of the part's.</param>
    /// <param name="sum">The gradient's sum, [rows · columns].</param>
    public void Update(
        UpdateRule rule, in JointPass pass, int layer, int row, int rows, int column, ReadOnlySpan<float> sum)
    {
        var place = _places[layer];
        Update(rule, pass, place, place.Weight + (row * place.Stride) + column, rows, sum);
    }

    /// <summary>Updates some of the part of a layer's bias, if there is one, from this output of the part's on.</summary>
    public void UpdateBias(UpdateRule rule, in JointPass pass, int layer, int column, ReadOnlySpan<float> sum)
    {
        var place = _places[layer];
        if (place.Bias >= 0) Update(rule, pass, place, place.Bias + column, rows: 1, sum);
    }

    private int Moments => _run.Start.Optimizer.Moments.Length;

    private void Update(
        UpdateRule rule, in JointPass pass, Place place, int start, int rows, ReadOnlySpan<float> sum)
    {
        var kept = rule.Optimizer.MomentCount;
        // Rows that follow each other are one.
        if (sum.Length == rows * place.Stride) rows = 1;
        var columns = sum.Length / rows;
        var length = ((rows - 1) * place.Stride) + columns;
        rule.Optimizer.Update(new()
        {
            Rows = rows,
            Stride = place.Stride,
            Step = pass.Updates,
            LearningRate = pass.Rate,
            GradientSum = sum,
            GradientScale = pass.Scale,
            Parameters = Before(place, pass.Step, -1).Slice(start, length),
            Moment1 = kept > 0 ? Before(place, pass.Step, 0).Slice(start, length) : default,
            Moment2 = kept > 1 ? Before(place, pass.Step, 1).Slice(start, length) : default,
            NewParameters = After(place, -1).Slice(start, length),
            NewMoment1 = kept > 0 ? After(place, 0).Slice(start, length) : default,
            NewMoment2 = kept > 1 ? After(place, 1).Slice(start, length) : default,
        });
        if (rule.Averaging is not { } averaging) return;
        for (var row = 0; row < rows; row++, start += place.Stride)
            VectorOperations.Lerp(
                Before(place, pass.Step, kept).Slice(start, columns), After(place, -1).Slice(start, columns),
                averaging.ShareAt(pass.Updates), After(place, kept).Slice(start, columns));
    }

    // Of the parameters (−1) or a moment. What the rank has a copy of is changed where it is from the first step on.
    private ReadOnlySpan<float> Before(Place place, int step, int moment) =>
        place.IsOwn ? _own[moment + 1].Span : _run.Before(step, moment);

    private Span<float> After(Place place, int moment) =>
        place.IsOwn ? _own[moment + 1].Span : _run.After(moment);

    private void Lay()
    {
        var (plan, ranks, end) = (_run.Memory.Plan, _run.Memory.Ranks, 0);
        if (_places.Length != plan.Layers.Length) _places = new Place[plan.Layers.Length];
        for (var l = 0; l < _places.Length; l++)
        {
            var layer = plan.Layers[l];
            var (from, to) = plan.ColumnsOf(l, _rank, ranks);
            var count = layer.In * (to - from);
            var isOwn = ranks > 1 && (plan.IsCopied(l) || (l == 0 && count <= MostFloats));
            _places[l] = isOwn
                ? new(layer, true, from, to - from, to - from, end, layer.Bias < 0 ? -1 : end + count)
                : new(
                    layer, false, from, to - from, layer.Out, layer.Weight + from,
                    layer.Bias < 0 ? -1 : layer.Bias + from);
            if (isOwn) end += count + (to - from);
        }
        if (_own.Length != Moments + 1 || _own[0].Length < end)
            _own = [.. Enumerable.Range(0, Moments + 1).Select(_ => AlignedMemory.Allocate(end))];
    }

    // All have the same copy of a small layer.
    private bool IsWriter(Place place) => place.Layer.IsDivided || _rank == 0;

    /// <summary>Where a rank's part of a layer is: in the run's vectors, or in its own.</summary>
    private readonly record struct Place(
        JointLayer Layer, bool IsOwn, int From, int Width, int Stride, int Weight, int Bias)
    {
        /// <summary>Rows of the weight, then the bias.</summary>
        public int Lines => Layer.In + (Bias < 0 ? 0 : 1);

        /// <summary>Where a line of the part is in the run's vectors.</summary>
        public int InRun(int line) => (line < Layer.In ? Layer.Weight + (line * Layer.Out) : Layer.Bias) + From;

        /// <summary>The same in the rank's own.</summary>
        public int InOwn(int line) => line < Layer.In ? Weight + (line * Width) : Bias;
    }
}
