namespace ActorTrain.Server;

/// <summary>
/// Sums the answers of a node's shards along the tree. Its vectors stay valid until an order of another version is
/// summed, which says that the server has them, or that another one does not want them. For one thread at a time.
/// </summary>
/// <param name="memory">Where sums lie; none: ordinary memory.</param>
public sealed class NodeSums(VectorMemory? memory = null)
{
    private const int RunLength = 4096;

    private readonly List<Arena> _arenas = [];
    private (long Incarnation, long Version) _version = (-1, -1);
    private int _arenasInUse;
    private float[] _scratch = [];

    /// <summary>The answer to an order all of whose parts are answered.</summary>
    public WorkAnswer Of(TrainingPlan plan, NodeWork work)
    {
        var tree = WorkerNode.TreeOf(plan, work.Order.Key);
        var sum = new TreeSum(tree, work.Order.Key.Node, work.Parts.AsSpan());
        return work.Order switch
        {
            GradientOrder o => new GradientAnswer(o.Key, SumOf(plan, sum, work)),
            EvaluationOrder o => new EvaluationAnswer(o.Key, work.Answers.Evaluation(sum)),
            var o => throw new System.Diagnostics.UnreachableException(
                $"NodeSums has no sum of a {o.GetType().Name}; add one."),
        };
    }

    private GradientSum SumOf(TrainingPlan plan, TreeSum sum, NodeWork work)
    {
        var parts = work.Answers.Select(a => ((GradientAnswer)a).Sum).ToList();
        ReadOnlyMemory<float>[] vectors = [.. parts.Select(p => p.Gradient.Memory)];
        var layout = plan.Recipe.Model.Layout;
        var buffer = new ParameterBuffer(layout, ArenaFor(work.Order.Key).Take([layout.Count]).Memory);
        var run = Math.Min(RunLength, layout.Count);
        if (_scratch.Length < sum.ScratchLength(run)) _scratch = new float[sum.ScratchLength(run)];
        for (var start = 0; start < layout.Count; start += run)
        {
            var length = Math.Min(run, layout.Count - start);
            sum.Of(vectors, start, length, _scratch).CopyTo(buffer.Span.Slice(start, length));
        }
        return new(
            buffer.Freeze(), sum.Of([.. parts.Select(p => p.LossSum)]), parts.Sum(p => p.Correct),
            parts.Sum(p => p.Rows));
    }

    private Arena ArenaFor(WorkKey key)
    {
        if (_version != (key.Incarnation, key.Version)) _arenasInUse = 0;
        _version = (key.Incarnation, key.Version);
        if (_arenasInUse == _arenas.Count) _arenas.Add(new(memory));
        var arena = _arenas[_arenasInUse++];
        arena.Reset();
        return arena;
    }
}
