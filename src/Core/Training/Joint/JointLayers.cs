using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using ActorTrain.Kernels;

namespace ActorTrain;

/// <content>The layers of a joint step, forward, backward, and their updates.</content>
internal sealed partial class JointComputation
{
    private Memory<float> _block = AlignedMemory.Allocate(0);
    private TensorBuffer[] _outputs = [];
    private readonly LinesAhead _ahead = new();

    private ReadOnlySpan<JointLayer> Layers => _memory.Plan.Layers.AsSpan();

    private UpdateRule Rule => plan.UpdateRule;

    // Pinned, as all aligned memory is.
    private unsafe float* Block => (float*)Unsafe.AsPointer(ref MemoryMarshal.GetReference(_block.Span));

    // All rows through the layers before the head.
    private void Forward(in JointPass pass)
    {
        if (_outputs.Length != Layers.Length) _outputs = new TensorBuffer[Layers.Length];
        for (var l = 0; l < _memory.Plan.Head; l++)
        {
            if (_memory.Plan.IsCopied(l)) _outputs[l] = _arena.Take([pass.Rows, _memory.StrideOf(l)]);
            var (from, to) = _memory.Plan.ColumnsOf(l, _rank, _memory.Ranks);
            var y = Columns(OutputOf(l, pass), from, to);
            if (to > from && Layers[l].IsDivided && _memory.Ranks > 1)
            {
                // Chains wait in memory from one block of k to the next: among the lines of others, these would take them
                // away meanwhile, as they fetch ahead.
                MatrixSpan own = new(_arena.Take([pass.Rows, to - from]).Span, pass.Rows, to - from);
                Multiply(l, pass, InputOf(l, pass), own, pass.LeafRows);
                Copy(own, y);
            }
            else if (to > from) Multiply(l, pass, InputOf(l, pass), y, pass.LeafRows);
            if (Layers[l].IsDivided) _memory.Barrier.Wait();
        }
    }

    // The rank's rows through the head; nobody else reads their logits.
    private Tensor HeadForward(in JointPass pass)
    {
        var logits = _arena.Take([pass.OwnRows, Layers[^1].Out]);
        for (var l = _memory.Plan.Head; l < Layers.Length; l++)
        {
            var y = l < Layers.Length - 1
                ? pass.Own(OutputOf(l, pass))
                : new(logits.Span, pass.OwnRows, Layers[l].Out);
            Multiply(l, pass, pass.Own(InputOf(l, pass)), y, pass.OwnLeafRows.Span);
        }
        return logits.Freeze();
    }

    private void Multiply(int layer, in JointPass pass, MatrixView x, MatrixSpan y, ReadOnlySpan<int> leafRows)
    {
        var weight = _parameters.Weight(layer, pass.Step);
        var bias = _parameters.Bias(layer, pass.Step);
        if (layer < Layers.Length - 1) MatMul.MultiplyRelu(x, weight, bias, y, leafRows);
        else MatMul.Multiply(x, weight, bias, y, leafRows);
    }

    private Tensor Logits(in JointPass pass)
    {
        var last = Layers.Length - 1;
        if (!Layers[last].IsDivided) return _outputs[last].Freeze();
        var logits = _arena.Take([pass.Rows, Layers[last].Out]);
        OutputOf(last, pass).Data[..logits.Span.Length].CopyTo(logits.Span);
        return logits.Freeze();
    }

    // The rank's rows back through the head, to where all will read them.
    private void HeadBackward(in JointPass pass, ReadOnlySpan<float> logitsGradient)
    {
        logitsGradient.CopyTo(pass.Own(_memory.OutputGradient(Layers.Length - 1, pass.Rows)).Data);
        for (var l = Layers.Length - 1; l >= _memory.Plan.Head; l--)
        {
            var dy = View(pass.Own(_memory.OutputGradient(l, pass.Rows)));
            var dx = pass.Own(_memory.OutputGradient(l - 1, pass.Rows));
            MultiplyTransposed(l, pass, dy, pass.Own(InputOf(l, pass)), dx, from: 0, pass.OwnLeafRows.Span);
        }
    }

    // All rows back through the layers before the head; dy is of the last one's output.
    private void Backward(in JointPass pass, MatrixView dy)
    {
        for (var l = _memory.Plan.Head - 1; l > 0; l--)
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
            ? _memory.OutputGradient(layer - 1, pass.Rows)
            : new(
                _arena.Take([pass.Rows, _memory.StrideOf(layer - 1)]).Span, pass.Rows, columns,
                _memory.StrideOf(layer - 1));
        var (from, to) = Layers[layer].IsDivided ? JointPlan.Divide(columns, _rank, _memory.Ranks)
            : layer == 1 ? _memory.Plan.ColumnsOf(0, _rank, _memory.Ranks)
            : (0, columns);
        if (to > from)
            MultiplyTransposed(
                layer, pass, dy, Columns(InputOf(layer, pass), from, to), Columns(dx, from, to), from, pass.LeafRows);
        return View(dx);
    }

    // Of the inputs from one on; x is what ReLU made of them.
    private void MultiplyTransposed(
        int layer, in JointPass pass, MatrixView dy, MatrixView x, MatrixSpan dx, int from, ReadOnlySpan<int> leafRows)
    {
        MatMul.MultiplyTransposed(dy, _parameters.Rows(layer, pass.Step, from, from + dx.Columns), dx, leafRows);
        VectorOperations.ReluBackward(x, dx);
    }

    private void Update(int layer, in JointPass pass, MatrixView x, MatrixView dy)
    {
        var (from, to) = _memory.Plan.ColumnsOf(layer, _rank, _memory.Ranks);
        var (firstRow, end) = _memory.Plan.RowsOf(layer, _rank, _memory.Ranks);
        dy = Columns(dy, from, to);
        if (to > from && end > firstRow)
        {
            var blocks = new UpdatedBlocks(this, layer, firstRow, pass);
            ManagedMatMul.TransposedMultiply(Columns(x, firstRow, end), dy, pass.LeafRows, ref blocks);
        }
        if (layer >= _memory.Plan.Head) (from, to) = JointPlan.Divide(Layers[layer].Out, _rank, _memory.Ranks);
        else (from, to) = (0, to - from);
        if (to == from) return;
        var sum = _arena.Take([to - from]).Span;
        RowSums.Tree(Columns(dy, from, to), sum, pass.LeafRows);
        _parameters.UpdateBias(Rule, pass, layer, from, sum);
    }

    private MatrixView InputOf(int layer, in JointPass pass) =>
        layer == 0 ? pass.Input : View(OutputOf(layer - 1, pass));

    private MatrixSpan OutputOf(int layer, in JointPass pass) => _memory.Plan.IsCopied(layer)
        ? new(_outputs[layer].Span, pass.Rows, Layers[layer].Out, _memory.StrideOf(layer))
        : _memory.Output(layer, pass.Step, pass.Rows);

    // The next minibatch comes near while this one's gradient is computed.
    private void FetchAhead(long step)
    {
        _ahead.Clear();
        foreach (var index in minibatches.After(step).Span) data.Train.AddTo(_ahead, index);
        var (from, to) = _memory.Plan.ColumnsOf(0, _rank, _memory.Ranks);
        _ahead.Divide(Layers[0].In, to - from);
    }

    private static MatrixView Columns(MatrixView x, int from, int to) =>
        new(x.Data[from..], x.Rows, to - from, x.Stride);

    private static MatrixSpan Columns(MatrixSpan x, int from, int to) =>
        new(x.Data[from..], x.Rows, to - from, x.Stride);

    private static void Copy(MatrixSpan from, MatrixSpan to)
    {
        for (var row = 0; row < from.Rows; row++)
            from.Data.Slice(row * from.Stride, from.Columns).CopyTo(to.Data[(row * to.Stride)..]);
    }

    private static MatrixView View(MatrixSpan x) => new(x.Data, x.Rows, x.Columns, x.Stride);

    // A block of a gradient is used up while it is in cache; it begins with a row of the layer's weight.
    private readonly unsafe ref struct UpdatedBlocks(
        JointComputation computation, int layer, int firstRow, JointPass pass) : IRowBlocks
    {
        private readonly JointPass _pass = pass;

        public float* At(int row, int column) => computation.Block;

        public nint StrideOf(int columns)
        {
            var count = PackedA.Columns * columns;
            if (computation._block.Length < count) computation._block = AlignedMemory.Allocate(count);
            return columns;
        }

        public RowsAhead AheadOf(int row, int column)
        {
            var ahead = computation._parameters.AheadOf(layer, _pass.Step, firstRow + row, column);
            return layer == 0 && column == 0 ? computation._ahead.From(row, ahead) : ahead;
        }

        public void Take(int row, int column, int rows, int columns)
        {
            var sum = computation._block.Span[..(rows * columns)];
            computation._parameters.Update(computation.Rule, _pass, layer, firstRow + row, rows, column, sum);
        }
    }
}
