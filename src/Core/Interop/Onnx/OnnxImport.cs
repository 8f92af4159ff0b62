using ActorTrain.Interop.PyTorch;

namespace ActorTrain.Interop.Onnx;

/// <summary>
/// An ONNX graph as a model: a chain of the operators that layers are written with, beside which an input may go on
/// (Residual, SiLU).
/// </summary>
internal sealed class OnnxImport
{
    private const int MostNested = 32;

    private readonly string _file;
    private readonly OnnxLayers _layers;
    private readonly List<OnnxNode> _nodes;
    private readonly ILookup<string, OnnxNode> _takers;
    private readonly HashSet<OnnxNode> _used = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<string, Tensor> _parameters = [];

    private OnnxImport(OnnxGraph graph, string file)
    {
        _file = file;
        var constants = new Dictionary<string, OnnxTensor>();
        foreach (var tensor in graph.Initializers) constants[tensor.Name] = tensor;
        foreach (var node in graph.Nodes)
            if (node.Operator == "Constant" && node.Attributes.GetValueOrDefault("value") is OnnxTensor tensor)
                constants[node.Output] = tensor;
        _nodes = [.. graph.Nodes.Where(n => !constants.ContainsKey(n.Output))];
        _takers = _nodes.SelectMany(n => n.Inputs.Distinct().Select(i => (Value: i, Node: n)))
            .ToLookup(t => t.Value, t => t.Node);
        _layers = new(constants, file);
    }

    /// <summary>The model.</summary>
    /// <exception cref="InteropException">An operator or its attributes are no layer's; the message names it.
    /// </exception>
    public static Model Read(OnnxGraph graph, string file)
    {
        var import = new OnnxImport(graph, file);
        var sizes = graph.Input.Sizes.Skip(1).Select(s => s ?? throw new InteropException(
            file, $"its input '{graph.Input.Name}' has a free size besides the first; fix it"));
        var shape = ShapeRule.Checked([.. sizes], $"{file}: input '{graph.Input.Name}'");
        try
        {
            var layer = import.Chain(graph.Input.Name, graph.Output.Name, [], ref shape, "", depth: 0);
            if (import._nodes.Find(n => !import._used.Contains(n)) is { } left)
                throw import.Wrong(left, "it is not on the way from the input to the output");
            return StateDict.Load(layer, import._parameters, file);
        }
        catch (Exception e) when (e is ShapeMismatchException or ArgumentException or OverflowException)
        {
            throw new InteropException(file, e.Message.TrimEnd('.'));
        }
    }

    // All layers from one value to another; ends are nodes where a way beside this one comes back.
    private Sequential Chain(
        string value, string end, IReadOnlyList<OnnxNode> ends, ref Shape shape, string prefix, int depth)
    {
        if (depth > MostNested) throw new InteropException(_file, $"more than {MostNested} ways beside each other");
        var layers = new List<(string Name, Layer Layer)>();
        while (value != end)
        {
            var takers = _takers[value].Where(n => !ends.Contains(n)).ToList();
            if (takers.Count == 0) throw new InteropException(_file, $"'{value}' leads nowhere");
            var node = takers[^1];
            if (!_used.Add(node)) throw Wrong(node, "it is used twice");
            var name = NameOf(node, layers);
            var layer = takers.Count == 1
                ? _layers.Read(node, shape, $"{prefix}{name}", _parameters)
                : Joined(node, takers, value, ends, shape, $"{prefix}{name}", depth);
            if (layer is not null)
            {
                layers.Add((name, layer));
                shape = layer.OutputShape(shape);
            }
            value = node.Output;
        }
        // No layer at all: a model that gives its input.
        return new(layers.Count > 0 ? layers : [("identity", new Dropout(0))]);
    }

    // What goes beside the value: x·σ(x) or x + f(x).
    private Layer Joined(
        OnnxNode node, List<OnnxNode> takers, string value, IReadOnlyList<OnnxNode> ends, Shape shape, string name,
        int depth)
    {
        var other = node.Inputs.Count == 2 ? node.Inputs.FirstOrDefault(i => i != value) : null;
        if (other is not null && node is { Operator: "Mul", Attributes.Count: 0 }
            && takers is [{ Operator: "Sigmoid" } sigmoid, _] && sigmoid.Output == other && _used.Add(sigmoid))
            return new SiLU();
        return other is not null && node.Operator == "Add"
            ? new Residual(Chain(value, other, [.. ends, node], ref shape, $"{name}.body.", depth + 1))
            : throw Wrong(node, "a value goes two ways; x + f(x) and x·sigmoid(x) can be read");
    }

    // The node's own name: '/fc1/Gemm' as PyTorch writes it, 'block.fc1' as this library does.
    private static string NameOf(OnnxNode node, List<(string Name, Layer Layer)> layers)
    {
        string[] parts = node.Name.Split(['/', '.'], StringSplitOptions.RemoveEmptyEntries);
        if (parts.Length > 1 && parts[^1].StartsWith(node.Operator, StringComparison.Ordinal)) parts = parts[..^1];
        var name = parts.Length > 0 && !string.IsNullOrWhiteSpace(parts[^1]) ? parts[^1] : node.Operator;
        var unused = name;
        for (var i = layers.Count; layers.Exists(l => l.Name == unused); i++) unused = $"{name}_{i}";
        return unused;
    }

    private InteropException Wrong(OnnxNode node, string what) =>
        new($"{_file}: node '{node.Name}' ({node.Operator})", what);
}
