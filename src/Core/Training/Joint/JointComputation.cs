using ActorTrain.Kernels;

namespace ActorTrain;

/// <summary>A rank's part of joint runs, and the memory that is its alone. For one thread at a time.</summary>
internal sealed partial class JointComputation(TrainingPlan plan, Dataset data, Minibatches minibatches)
{
    private static readonly Parameters None = new(ParameterLayout.Empty, ReadOnlyMemory<float>.Empty);
    private static readonly ManagedMatMul MatMul = new();

    private readonly Arena _arena = new();
    private readonly RankParameters _parameters = new();
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

    private StepSum Step(JointRun run, int step)
    {
        var (tree, indices) = minibatches.Of(run.FirstStep + step);
        FetchAhead(run.FirstStep + step);
        _arena.Reset();
        var updates = run.Start.Optimizer.Step + step;
        var input = Gather(step, indices.Span);
        var pass = new JointPass(step, updates, Rule.RateAt(updates), tree, input, _rank, _memory.Ranks);
        Forward(pass);
        if (_memory.Plan.HasHead) return Head(pass);
        var (losses, correct, dy) = Loss(Logits(pass), _labels.AsSpan(0, tree.Rows), tree.LeafRows.AsMemory(), pass);
        Backward(pass, new(dy.Span, tree.Rows, Layers[^1].Out));
        return new(Gradients.SumByLeaf(losses.Span, pass.LeafRows), correct, tree.Rows);
    }

    // From the last divided layer through the loss and back each rank has some rows; then all update.
    private StepSum Head(in JointPass pass)
    {
        _memory.Correct[_rank] = 0;
        if (pass.OwnRows > 0)
        {
            var (losses, correct, dy) = Loss(
                HeadForward(pass), _labels.AsSpan(pass.FirstOwnRow, pass.OwnRows), pass.OwnLeafRows, pass);
            losses.Span.CopyTo(_memory.Losses[pass.FirstOwnRow..]);
            _memory.Correct[_rank] = correct;
            HeadBackward(pass, dy.Span);
        }
        _memory.Barrier.Wait();
        var sum = new StepSum(
            Gradients.SumByLeaf(_memory.Losses[..pass.Rows], pass.LeafRows), _memory.Correct.Sum(), pass.Rows);
        for (var l = Layers.Length - 1; l >= _memory.Plan.Head; l--)
            Update(l, pass, InputOf(l, pass), View(_memory.OutputGradient(l, pass.Rows)));
        Backward(pass, View(_memory.OutputGradient(_memory.Plan.Head - 1, pass.Rows)));
        return sum;
    }

    private (Tensor RowLosses, int Correct, Tensor LogitsGradient) Loss(
        Tensor logits, ReadOnlySpan<int> labels, ReadOnlyMemory<int> leafRows, in JointPass pass)
    {
        var context = new LayerContext(MatMul, leafRows, _arena);
        var tail = _memory.Plan.Tail;
        var (output, saved) = tail is null ? (logits, default) : tail.Forward(None, logits, context);
        var loss = plan.Recipe.Loss.OverMinibatch(_labels.AsSpan(0, pass.Rows));
        var (losses, dy) = loss.ValueAndGradient(output, labels, context);
        if (tail is not null) dy = tail.Backward(None, saved, dy, context).InputGradient!;
        return (losses, Predictions.CountCorrect(output, labels), dy);
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
}
