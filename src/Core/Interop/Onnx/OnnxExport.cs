using System.Buffers.Binary;

namespace ActorTrain.Interop.Onnx;

/// <summary>A model as an ONNX graph. Each layer's last node has the layer's name.</summary>
internal sealed class OnnxExport
{
    private readonly List<OnnxNode> _nodes = [];
    private readonly List<OnnxTensor> _constants = [];

    /// <summary>The graph.</summary>
    /// <inheritdoc cref="OnnxFile.Encode"/>
    public static OnnxGraph Graph(Model model, Shape example)
    {
        var output = model.Layer.OutputShape(example);
        var export = new OnnxExport();
        var last = export.Add(model.Layer, model.Parameters, "", OnnxFile.Input);
        // Where the model ends in nothing, as Dropout is.
        if (export._nodes.Count == 0 || export._nodes[^1].Output != last) export.Node("Identity", "", [last]);
        export._nodes[^1] = export._nodes[^1] with { Output = OnnxFile.Output };
        return new(
            export._nodes, export._constants, new(OnnxFile.Input, OfAnyRows(example)),
            new(OnnxFile.Output, OfAnyRows(output)));
    }

    // The name of the layer's output.
    private string Add(Layer layer, Parameters parameters, string path, string x)
    {
        string Of(string name) => Constant(Dotted(path, name), parameters[name]);
        return layer switch
        {
            Sequential l => l.Layers.Index().Aggregate(
                x, (at, part) => Add(part.Item.Layer, parameters.Child(part.Index), Dotted(path, part.Item.Name), at)),
            Residual l => Node("Add", path, [x, Add(l.Body, parameters.Child(0), Dotted(path, "body"), x)]),
            Linear l => Node("Gemm", path, [x, Of("weight"), .. l.Bias ? [Of("bias")] : Array.Empty<string>()],
                ("transB", 1L)),
            Conv2d l => Node("Conv", path, [x, Of("weight"), .. l.Bias ? [Of("bias")] : Array.Empty<string>()],
                Window(l.KernelSize, l.Stride, l.Padding)),
            MaxPool2d l => Node("MaxPool", path, [x], Window(l.KernelSize, l.Stride, l.Padding)),
            AvgPool2d l => Node("AveragePool", path, [x],
                [.. Window(l.KernelSize, l.Stride, l.Padding), ("count_include_pad", 1L)]),
            BatchNorm l => Node("BatchNormalization", path,
                [x, Of("weight"), Of("bias"), Of("running_mean"), Of("running_var")],
                ("epsilon", l.Epsilon), ("momentum", 1 - l.Momentum)),
            LayerNorm l => Node("LayerNormalization", path, [x, Of("weight"), Of("bias")],
                ("axis", -1L), ("epsilon", l.Epsilon)),
            Flatten => Node("Flatten", path, [x], ("axis", 1L)),
            Unflatten l => Node("Reshape", path,
                [x, Constant($"/{path}.shape", [0, l.Channels, l.Height, l.Width])]),
            Dropout => x,
            ReLU => Node("Relu", path, [x]),
            LeakyReLU l => Node("LeakyRelu", path, [x], ("alpha", l.NegativeSlope)),
            ELU l => Node("Elu", path, [x], ("alpha", l.Alpha)),
            GELU => Node("Gelu", path, [x]),
            SiLU => Node("Mul", path, [x, Node("Sigmoid", $"{path}.sigmoid", [x])]),
            Sigmoid => Node("Sigmoid", path, [x]),
            Tanh => Node("Tanh", path, [x]),
            Softplus l => Add(l, path, x),
            Softmax => Node("Softmax", path, [x], ("axis", -1L)),
            LogSoftmax => Node("LogSoftmax", path, [x], ("axis", -1L)),
            _ => throw new NotSupportedException(
                $"ONNX: '{path}' is a {layer.GetType().Name}, which has no counterpart there; leave it out, or build "
                + "it of layers that are here."),
        };
    }

    // ONNX's own has neither β nor a threshold; from 20 on they agree with x in float32.
    private string Add(Softplus layer, string path, string x)
    {
        const float agreement = 20;
        if (layer is { Beta: 1, Threshold: >= agreement }) return Node("Softplus", path, [x]);
        var beta = Constant($"/{path}.beta", Tensor.From([layer.Beta], []));
        var threshold = Constant($"/{path}.threshold", Tensor.From([layer.Threshold], []));
        var scaled = Node("Mul", $"{path}.scaled", [x, beta]);
        var soft = Node("Div", $"{path}.soft", [Node("Softplus", $"{path}.softplus", [scaled]), beta]);
        return Node("Where", path, [Node("Greater", $"{path}.above", [scaled, threshold]), x, soft]);
    }

    // Values begin with a slash, so that no layer's name is the input's, the output's or a parameter's.
    private string Node(
        string type, string path, IReadOnlyList<string> inputs, params IEnumerable<(string, object)> attributes)
    {
        var node = new OnnxNode(
            type, path, inputs, $"/{path}", attributes.ToDictionary(a => a.Item1, a => a.Item2));
        _nodes.Add(node);
        return node.Output;
    }

    private string Constant(string name, Tensor value)
    {
        var bytes = new byte[value.Shape.Count * sizeof(float)];
        var values = value.Contiguous().Span;
        for (var i = 0; i < values.Length; i++)
            BinaryPrimitives.WriteSingleLittleEndian(bytes.AsSpan(i * sizeof(float)), values[i]);
        _constants.Add(
            new(name, ElementKind.Float32, [.. value.Shape.ToArray().Select(s => (long)s)], bytes));
        return name;
    }

    private string Constant(string name, ReadOnlySpan<long> values)
    {
        var bytes = new byte[values.Length * sizeof(long)];
        for (var i = 0; i < values.Length; i++)
            BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(i * sizeof(long)), values[i]);
        _constants.Add(new(name, ElementKind.Int64, [values.Length], bytes));
        return name;
    }

    private static string Dotted(string path, string name) => path.Length == 0 ? name : $"{path}.{name}";

    private static (string, object)[] Window(int kernel, int stride, int padding) =>
        [("kernel_shape", Times(kernel, 2)), ("strides", Times(stride, 2)), ("pads", Times(padding, 4))];

    private static long[] Times(int value, int count) => [.. Enumerable.Repeat((long)value, count)];

    private static long?[] OfAnyRows(Shape example) => [null, .. example.ToArray().Select(s => (long?)s)];
}
