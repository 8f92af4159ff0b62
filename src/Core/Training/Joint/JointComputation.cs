using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using ActorTrain.Kernels;

namespace ActorTrain;

/// <summary>A rank's part of joint runs, and the memory that is its alone. For one thread at a time.</summary>
internal sealed class JointComputation(TrainingPlan plan, Dataset data, Minibatches minibatches)
{
    // Twice for each of a kernel's blocks of 48 rows: 784 inputs have room for a minibatch of 64. A core waits for so
    // many lines at a time.
    private const int FetchedAtOnce = 2;

    private static readonly Parameters None = new(ParameterLayout.Empty, ReadOnlyMemory<float>.Empty);
    private static readonly ManagedMatMul MatMul = new();

    private readonly Arena _arena = new();
    private readonly RankParameters _parameters = new();
    private Memory<float> _block = AlignedMemory.Allocate(0);
    private TensorBuffer[] _outputs = [];
    private ReadOnlyMemory<int> _ahead;
    private int[] _labels = [];
    private JointMemory _memory = null!;
    private int _rank;

    /// <summary>Does a rank's part; when all ranks have, the run's vectors are written.</summary>
    /// <param name="run">The run.</param>
    /// <param name="rank">From 0 on.</param>
    /// <param name="cancellation">Ends the run after the current step, where there is one rank only.</param>
    /// <returns>The same from every rank.</returns>
    /// <exception cref="OperationCanceledException">Another rank does not do its part.</exception>
    public JointEnd Run(JointRun run, int rank, CancellationToken cancellation = default)
    {
        try
        {
            (_memory, _rank) = (run.Memory, rank);
            _parameters.Load(run, rank);
            var (totals, step) = (run.Start.Totals, 0);
            while (step < run.Steps && (step == 0 || !cancellation.IsCancellationRequested))
                totals = totals.Plus(Step(run, step++));
            _parameters.Store();
            return new(step, totals);
        }
        catch
        {
            run.Memory.Break();
            throw;
        }
    }

    private UpdateRule Rule => plan.UpdateRule;

    private ReadOnlySpan<JointLayer> Layers => _memory.Plan.Layers.AsSpan();

    // Pinned, as all aligned memory is.
    private unsafe float* Block => (float*)Unsafe.AsPointer(ref MemoryMarshal.GetReference(_block.Span));

    private StepSum Step(JointRun run, int step)
    {
        var (tree, indices) = minibatches.Of(run.FirstStep + step);
        _ahead = minibatches.After(run.FirstStep + step);
        _arena.Reset();
        var updates = run.Start.Optimizer.Step + step;
        var input = Gather(step, indices.Span);
        var pass = new JointPass(step, updates, Rule.RateAt(updates), tree, input);
        Forward(pass);
        var logits = Logits(pass);
        var context = new LayerContext(MatMul, tree.LeafRowsOf(tree.Root), _arena);
        var labels = _labels.AsSpan(0, tree.Rows);
        var tail = _memory.Plan.Tail;
        var (output, saved) = tail is null ? (logits, default) : tail.Forward(None, logits, context);
        var (losses, outputGradient) = plan.Recipe.Loss.ValueAndGradient(output, labels, context);
        var dy = tail is null ? outputGradient : tail.Backward(None, saved, outputGradient, context).InputGradient!;
        Backward(pass, new(dy.Span, tree.Rows, Layers[^1].Out));
        return new(
            Gradients.SumByLeaf(losses.Span, tree.LeafRows.AsSpan()), Predictions.CountCorrect(output, labels),
            tree.Rows);
    }

    private MatrixView Gather(int step, ReadOnlySpan<int> indices)
    {
        var (split, rows) = (data.Train, indices.Length);
        if (_labels.Length < rows) _labels = new int[rows];
        if (!_memory.Plan.GathersTogether)
        {
            var own = _arena.Take([rows, split.Features]).Span;
            Batch.Gather(split, indices, data.Normalization, own, _labels.AsSpan(0, rows));
            return new(own, rows, split.Features);
        }
        var (from, to) = (rows * _rank / _memory.Ranks, rows * (_rank + 1) / _memory.Ranks);
        var input = _memory.Input(step);
        Batch.Gather(
            split, indices[from..to], data.Normalization, plan.Recipe.Augmentation!, plan.Recipe.Seed,
            minibatches.Epoch, input[(from * split.Features)..(to * split.Features)], _labels.AsSpan(from, to - from));
        for (var i = 0; i < rows; i++) _labels[i] = split.Labels[indices[i]];
        _memory.Barrier.Wait();
        return new(input, rows, split.Features);
    }

    private void Forward(in JointPass pass)
    {
        if (_outputs.Length != Layers.Length) _outputs = new TensorBuffer[Layers.Length];
        for (var l = 0; l < Layers.Length; l++)
        {
            if (!Layers[l].IsDivided) _outputs[l] = _arena.Take([pass.Rows, _memory.StrideOf(l)]);
            var (from, to) = _memory.Plan.PartOf(l, _rank, _memory.Ranks);
            var x = InputOf(l, pass);
            var weight = _parameters.Weight(l, pass.Step);
            var bias = _parameters.Bias(l, pass.Step);
            var y = Columns(OutputOf(l, pass), from, to);
            if (to > from && l < Layers.Length - 1) MatMul.MultiplyRelu(x, weight, bias, y, pass.LeafRows);
            else if (to > from) MatMul.Multiply(x, weight, bias, y, pass.LeafRows);
            if (Layers[l].IsDivided) _memory.Barrier.Wait();
        }
    }

    private Tensor Logits(in JointPass pass)
    {
        var last = Layers.Length - 1;
        if (!Layers[last].IsDivided) return _outputs[last].Freeze();
        var logits = _arena.Take([pass.Rows, Layers[last].Out]);
        OutputOf(last, pass).Data[..logits.Span.Length].CopyTo(logits.Span);
        return logits.Freeze();
    }

    private void Backward(in JointPass pass, MatrixView dy)
    {
        for (var l = Layers.Length - 1; l > 0; l--)
        {
            var x = InputOf(l, pass);
            var dx = InputGradient(l, pass, dy);
            // Parameters are updated where they are, so nobody may still read them.
            if (Layers[l].IsDivided) _memory.Barrier.Wait();
            Update(l, pass, x, dy);
            dy = dx;
        }
        Update(0, pass, pass.Input, dy);
    }

    // Of a divided layer each rank computes some columns for all. Of another one, those that itself asks for: below is
    // either the first layer, of which it has a part, or one whose own input gradient needs all.
    private MatrixView InputGradient(int layer, scoped in JointPass pass, scoped MatrixView dy)
    {
        var columns = Layers[layer].In;
        var dx = Layers[layer].IsDivided
            ? _memory.InputGradient(layer, pass.Rows)
            : new(
                _arena.Take([pass.Rows, _memory.StrideOf(layer - 1)]).Span, pass.Rows, columns,
                _memory.StrideOf(layer - 1));
        var (from, to) = Layers[layer].IsDivided ? JointPlan.Divide(columns, _rank, _memory.Ranks)
            : layer == 1 ? _memory.Plan.PartOf(0, _rank, _memory.Ranks)
            : (0, columns);
        if (to > from)
        {
            var part = Columns(dx, from, to);
            MatMul.MultiplyTransposed(dy, _parameters.Rows(layer, pass.Step, from, to), part, pass.LeafRows);
            VectorOperations.ReluBackward(Columns(View(OutputOf(layer - 1, pass)), from, to), part);
        }
        return View(dx);
    }

    private void Update(int layer, in JointPass pass, MatrixView x, MatrixView dy)
    {
        var (from, to) = _memory.Plan.PartOf(layer, _rank, _memory.Ranks);
        if (to == from) return;
        dy = Columns(dy, from, to);
        var blocks = new UpdatedBlocks(this, layer, pass);
        ManagedMatMul.TransposedMultiply(x, dy, pass.LeafRows, ref blocks);
        var sum = _arena.Take([to - from]).Span;
        RowSums.Tree(dy, sum, pass.LeafRows);
        _parameters.UpdateBias(Rule, pass, layer, sum);
    }

    private MatrixView InputOf(int layer, in JointPass pass) =>
        layer == 0 ? pass.Input : View(OutputOf(layer - 1, pass));

    private MatrixSpan OutputOf(int layer, in JointPass pass) => Layers[layer].IsDivided
        ? _memory.Output(layer, pass.Step, pass.Rows)
        : new(_outputs[layer].Span, pass.Rows, Layers[layer].Out, _memory.StrideOf(layer));

    // Some images of the next minibatch come near while this one's gradient is computed.
    private void FetchAhead()
    {
        for (var i = 0; i < FetchedAtOnce && _ahead.Length > 0; i++, _ahead = _ahead[1..])
            data.Train.Fetch(_ahead.Span[0]);
    }

    private static MatrixView Columns(MatrixView x, int from, int to) =>
        new(x.Data[from..], x.Rows, to - from, x.Stride);

    private static MatrixSpan Columns(MatrixSpan x, int from, int to) =>
        new(x.Data[from..], x.Rows, to - from, x.Stride);

    private static MatrixView View(MatrixSpan x) => new(x.Data, x.Rows, x.Columns, x.Stride);

    // A block of a gradient is used up while it is in cache.
    private readonly unsafe ref struct UpdatedBlocks(JointComputation computation, int layer, JointPass pass)
        : IRowBlocks
    {
        private readonly JointPass _pass = pass;

        public float* At(int row, int column) => computation.Block;

        public nint StrideOf(int columns)
        {
            var count = PackedA.Columns * columns;
            if (computation._block.Length < count) computation._block = AlignedMemory.Allocate(count);
            return columns;
        }

        public void Take(int row, int column, int rows, int columns)
        {
            var sum = computation._block.Span[..(rows * columns)];
            if (layer == 0) computation.FetchAhead();
            computation._parameters.Update(computation.Rule, _pass, layer, row, rows, column, sum);
            if (layer == 0) computation.FetchAhead();
        }
    }
}
