using ActorTrain.Kernels;

namespace ActorTrain.Server;

/// <summary>
/// Does a shard's work: a function of (recipe, data, order). It keeps memory and the current epoch's order between
/// calls, neither of which changes an answer. For one thread at a time.
/// </summary>
public sealed class ShardComputation
{
    private readonly TrainingPlan _plan;
    private readonly Dataset _data;
    private readonly IMatMul _matMul;
    private readonly VectorMemory? _memory;
    private readonly Loss _testLoss;
    private readonly Minibatches _minibatches;
    private readonly JointComputation _joint;
    private readonly Lazy<JointMemory?> _own;
    private JointMemory? _met;

    // One arena for each order of a version: all its gradients stay readable until the server has summed them, and an
    // order of another version says that it has. One of another server does not: the old one may still want them, and
    // finds in shared memory that they are gone.
    private readonly List<Arena> _arenas = [];
    private readonly Arena _evaluationArena = new();
    private readonly VectorPool _localPool = new();
    private readonly List<TrainingState> _localStates = [];
    private int[] _labels = [];
    private int _arenasInUse;
    private (long Incarnation, long Version) _version = (-1, -1);
    private (long Incarnation, long Version) _localVersion = (-1, -1);

    /// <summary>A computation on this data.</summary>
    /// <param name="plan">The run's plan.</param>
    /// <param name="data">The data.</param>
    /// <param name="matMul">The kernel.</param>
    /// <param name="memory">Where gradients lie; none: ordinary memory.</param>
    public ShardComputation(TrainingPlan plan, Dataset data, IMatMul matMul, VectorMemory? memory = null)
    {
        (_plan, _data, _matMul, _memory, _minibatches) = (plan, data, matMul, memory, new(plan));
        _testLoss = MinibatchLoss.Of(plan.Recipe.Loss, data.Test);
        _joint = new(plan, data, _minibatches);
        _own = new(() => JointMemory.For(plan, ranks: 1));
    }

    /// <summary>The answer to an order.</summary>
    /// <param name="order">The order.</param>
    /// <param name="progress">Told how much of a gradient is final while it is computed.</param>
    public WorkAnswer Answer(WorkOrder order, GradientProgress? progress = null) => order switch
    {
        GradientOrder o => new GradientAnswer(o.Key, Gradient(o, progress)),
        UpdateOrder o => Update(o),
        EvaluationOrder o => new EvaluationAnswer(o.Key, Evaluate(o)),
        LocalStepsOrder o => LocalSteps(o),
        JointOrder o => Join(o),
        _ => throw new System.Diagnostics.UnreachableException(
            $"ShardComputation.Answer has no arm for {order.GetType().Name}; add one."),
    };

    /// <summary>The state some steps of an epoch on, computed here alone; fewer where it is cancelled.</summary>
    internal TrainingState Run(
        TrainingState state, int steps, VectorPool pool, CancellationToken cancellation = default)
    {
        if (_own.Value is { } memory)
        {
            var run = new JointRun(_plan, state, steps, memory, pool);
            var next = run.Apply(_plan, _joint.Run(run, rank: 0, cancellation));
            state.ReturnTo(pool);
            return next;
        }
        for (var i = 0; i < steps && (i == 0 || !cancellation.IsCancellationRequested); i++)
        {
            var next = Step(state, pool);
            state.ReturnTo(pool);
            state = next;
        }
        return state;
    }

    /// <summary>Nobody is to wait for this shard's part of joint steps: it takes no part any more.</summary>
    public void Leave() => _met?.Break();

    private TrainingState Step(TrainingState state, VectorPool pool)
    {
        var tree = _plan.TreeOf(state.Position.Step);
        var key = new WorkKey(
            Incarnation: 0, state.Version, _plan.StepsDone(state.Position), WorkKind.Gradient, tree.Root);
        var end = StepEnd.Of(_plan, state, [(GradientAnswer)Answer(new GradientOrder(key, state.Parameters))], pool);
        end.Update.Apply();
        return end.Apply(_plan, state);
    }

    private JointAnswer Join(JointOrder order)
    {
        _met = order.Run.Memory;
        return new(order.Key, _joint.Run(order.Run, rank: order.Key.Node.FirstLeaf));
    }

    private static UpdateAnswer Update(UpdateOrder order)
    {
        order.Update.Apply(order.FirstRun, order.Runs);
        return new(order.Key);
    }

    // What it ended with for one version stays readable until an order of another says that the server has averaged it.
    private LocalStepsAnswer LocalSteps(LocalStepsOrder order)
    {
        if (_localVersion != (order.Key.Incarnation, order.Key.Version))
        {
            foreach (var old in _localStates) old.ReturnTo(_localPool);
            _localStates.Clear();
        }
        _localVersion = (order.Key.Incarnation, order.Key.Version);
        var state = new TrainingState(
            _plan.PositionOf(order.FirstStep), order.Parameters, order.Optimizer, default, []);
        state = Run(state, order.Steps, _localPool);
        _localStates.Add(state);
        return new(
            order.Key, state.Parameters, state.Optimizer,
            new(state.Totals.LossSum, (int)state.Totals.Correct, (int)state.Totals.Seen));
    }

    private GradientSum Gradient(GradientOrder order, GradientProgress? progress)
    {
        var (tree, minibatch) = _minibatches.Of(order.Key.Step);
        var (start, count) = tree.RowsOf(order.Key.Node);
        var arena = ArenaFor((order.Key.Incarnation, order.Key.Version));
        var indices = minibatch.Span.Slice(start, count);
        var input = Gather(_data.Train, indices, arena, _plan.Recipe.Augmentation);
        var context = new LayerContext(
            _matMul, tree.LeafRowsOf(order.Key.Node), arena, progress, order.Arrival,
            new(_plan.Recipe.Seed, order.Key.Step, start));
        var loss = MinibatchLoss.Of(_plan.Recipe.Loss, _data.Train, minibatch.Span);
        return Gradients.Of(
            Model, loss, new(Model.Layout, order.Parameters), input, _labels.AsSpan(0, count), context);
    }

    private Evaluation Evaluate(EvaluationOrder order)
    {
        var (node, parameters) = (order.Key.Node, order.Parameters);
        order.Arrival?.Invoke(parameters.Count);
        var tree = _plan.EvaluationTree;
        var leaves = new double[tree.LeafCount(node)];
        var confusion = new int[_data.Classes * _data.Classes];
        for (var i = 0; i < leaves.Length; i++)
            leaves[i] = EvaluateLeaf(tree, new(0, node.FirstLeaf + i), parameters, confusion);
        return new(PairwiseTree.Sum(leaves), confusion, _data.Classes);
    }

    private double EvaluateLeaf(MicrobatchTree tree, TreeNode leaf, FlatVector parameters, int[] confusion)
    {
        var (output, labels, losses) = ForwardLeaf(tree, leaf, parameters);
        var sum = 0.0;
        for (var i = 0; i < labels.Length; i++)
        {
            sum += losses.Span[i];
            confusion[(labels.Span[i] * _data.Classes)
                + Predictions.Class(output.Span.Slice(i * _data.Classes, _data.Classes))]++;
        }
        return sum;
    }

    /// <summary>The metrics of the test split, whose loss has the bits of an evaluation's.</summary>
    internal Metrics Measure(FlatVector parameters)
    {
        var tree = _plan.EvaluationTree;
        var leaves = new double[tree.LeafCount(tree.Root)];
        var metrics = Metrics.Empty(_data.Classes);
        for (var i = 0; i < leaves.Length; i++)
        {
            var (output, labels, losses) = ForwardLeaf(tree, new(0, tree.Root.FirstLeaf + i), parameters);
            var leaf = Metrics.Empty(_data.Classes).Add(output, labels.Span, losses.Span);
            leaves[i] = leaf.LossSum;
            metrics = metrics.Merge(leaf);
        }
        return metrics with { LossSum = PairwiseTree.Sum(leaves) };
    }

    // Valid until the next one.
    private (Tensor Output, ReadOnlyMemory<int> Labels, Tensor Losses) ForwardLeaf(
        MicrobatchTree tree, TreeNode leaf, FlatVector parameters)
    {
        var (start, count) = tree.RowsOf(leaf);
        Span<int> indices = stackalloc int[count];
        for (var i = 0; i < count; i++) indices[i] = start + i;
        _evaluationArena.Reset();
        var input = Gather(_data.Test, indices, _evaluationArena);
        var labels = _labels.AsMemory(0, count);
        var context = new LayerContext(_matMul, tree.LeafRowsOf(leaf), _evaluationArena);
        var output = Model.Evaluate(new(Model.Layout, parameters), input, context);
        return (output, labels, _testLoss.ValueAndGradient(output, labels.Span, context).RowLosses);
    }

    private Sequential Model => _plan.Recipe.Model;

    private Tensor Gather(Split split, ReadOnlySpan<int> indices, Arena arena, Transform? augmentation = null)
    {
        if (_labels.Length < indices.Length) _labels = new int[indices.Length];
        var labels = _labels.AsSpan(0, indices.Length);
        var input = arena.Take([indices.Length, split.Features]);
        if (augmentation is null) Batch.Gather(split, indices, _data.Normalization, input.Span, labels);
        else
            Batch.Gather(
                split, indices, _data.Normalization, augmentation, _plan.Recipe.Seed, _minibatches.Epoch, input.Span,
                labels);
        return input.Freeze();
    }

    private Arena ArenaFor((long Incarnation, long Version) version)
    {
        if (_version != version) _arenasInUse = 0;
        _version = version;
        if (_arenasInUse == _arenas.Count) _arenas.Add(new(_memory));
        var arena = _arenas[_arenasInUse++];
        arena.Reset();
        return arena;
    }
}
