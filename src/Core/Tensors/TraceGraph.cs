namespace ActorTrain;

/// <summary>All that some tensors came about from.</summary>
internal sealed class TraceGraph
{
    private readonly HashSet<Tensor> _open = new(ReferenceEqualityComparer.Instance);
    private readonly HashSet<Tensor> _dependent = new(ReferenceEqualityComparer.Instance);
    private readonly Tensor[] _ordered;

    private TraceGraph(ReadOnlySpan<Tensor> tensors, ReadOnlySpan<Tensor> leaves)
    {
        _ordered = Ancestors(tensors);
        foreach (var leaf in leaves) _dependent.Add(leaf);
        foreach (var tensor in _ordered)
        {
            var trace = tensor.Trace!;
            if (trace.Scope is { IsOpen: true } || Array.Exists(trace.Parents, _open.Contains)) _open.Add(tensor);
            if (Array.Exists(trace.Parents, _dependent.Contains)) _dependent.Add(tensor);
        }
    }

    /// <summary>
    /// A tensor as it is where a gradient of what is made of it may still be asked for, that is, where it depends on an
    /// input of a function that still runs; else as a constant.
    /// </summary>
    public static Tensor Live(Tensor tensor) =>
        tensor.Trace is null ? tensor : new TraceGraph([tensor], []).LiveOf(tensor);

    /// <summary>The gradients of inputs, by the chain rule from a value back.</summary>
    /// <param name="value">The value.</param>
    /// <param name="dy">Its gradient.</param>
    /// <param name="leaves">The inputs.</param>
    public static Tensor[] Pull(Tensor value, Tensor dy, Tensor[] leaves)
    {
        var graph = new TraceGraph([value, dy], leaves);
        var isLeaf = new HashSet<Tensor>(leaves, ReferenceEqualityComparer.Instance);
        var gradients = new Dictionary<Tensor, Tensor>(ReferenceEqualityComparer.Instance)
        {
            [value] = graph.LiveOf(dy),
        };
        foreach (var tensor in graph._ordered.Reverse())
        {
            if (isLeaf.Contains(tensor) || !graph._dependent.Contains(tensor)
                || !gradients.TryGetValue(tensor, out var gradient)) continue;
            var trace = tensor.Trace!;
            var toParents = trace.Backward(
                gradient, graph.LiveOf(tensor), Array.ConvertAll(trace.Parents, graph.LiveOf));
            for (var i = 0; i < toParents.Length; i++)
            {
                if (toParents[i] is not { } more || !graph._dependent.Contains(trace.Parents[i])) continue;
                gradients[trace.Parents[i]] =
                    gradients.TryGetValue(trace.Parents[i], out var before) ? before + more : more;
            }
        }
        return Array.ConvertAll(
            leaves, leaf => gradients.TryGetValue(leaf, out var g) ? g.Contiguous() : Tensor.Zeros(leaf.Shape));
    }

    private Tensor LiveOf(Tensor tensor) => _open.Contains(tensor) ? tensor : tensor.Detach();

    // Parents before children.
    private static Tensor[] Ancestors(ReadOnlySpan<Tensor> tensors)
    {
        var found = new HashSet<Tensor>(ReferenceEqualityComparer.Instance);
        var ordered = new List<Tensor>();
        var waiting = new Stack<Tensor>();
        foreach (var tensor in tensors) waiting.Push(tensor);
        while (waiting.TryPop(out var tensor))
        {
            if (tensor.Trace is null || !found.Add(tensor)) continue;
            ordered.Add(tensor);
            foreach (var parent in tensor.Trace.Parents) waiting.Push(parent);
        }
        return [.. ordered.OrderBy(tensor => tensor.Trace!.Order)];
    }
}
