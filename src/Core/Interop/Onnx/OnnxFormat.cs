using ActorTrain.Interop.Protobuf;

namespace ActorTrain.Interop.Onnx;

/// <summary>Numbers of onnx.proto.</summary>
internal static class OnnxFormat
{
    /// <summary>The operators' version that is written; the first one with Gelu.</summary>
    public const int OperatorSet = 20;

    private const int IrVersion = 9;
    private const int FloatAttribute = 1, IntAttribute = 2, StringAttribute = 3, TensorAttribute = 4, IntsAttribute = 7;

    /// <summary>Kinds of elements with their numbers.</summary>
    public static IReadOnlyList<(long Number, ElementKind Kind)> Kinds { get; } =
    [
        (1, ElementKind.Float32), (2, ElementKind.UInt8), (3, ElementKind.Int8), (5, ElementKind.Int16),
        (6, ElementKind.Int32), (7, ElementKind.Int64), (9, ElementKind.Boolean), (10, ElementKind.Float16),
        (11, ElementKind.Float64), (16, ElementKind.BFloat16),
    ];

    /// <summary>A graph as a model file.</summary>
    public static byte[] Write(OnnxGraph graph) => ProtobufWriter.Message(model =>
    {
        model.Number(1, IrVersion);
        model.Text(2, "ActorTrain");
        model.Message(7, g =>
        {
            foreach (var node in graph.Nodes) g.Message(1, n => Write(n, node));
            g.Text(2, "model");
            foreach (var tensor in graph.Initializers) g.Message(5, t => Write(t, tensor));
            g.Message(11, v => Write(v, graph.Input));
            g.Message(12, v => Write(v, graph.Output));
        });
        model.Message(8, set => set.Number(2, OperatorSet));
    });

    private static void Write(ProtobufWriter writer, OnnxNode node)
    {
        foreach (var input in node.Inputs) writer.Text(1, input);
        writer.Text(2, node.Output);
        writer.Text(3, node.Name);
        writer.Text(4, node.Operator);
        foreach (var (name, value) in node.Attributes)
            writer.Message(5, attribute =>
            {
                attribute.Text(1, name);
                attribute.Number(20, WriteValue(attribute, value));
            });
    }

    private static int WriteValue(ProtobufWriter attribute, object value)
    {
        switch (value)
        {
            case float number: attribute.Float(2, number); return FloatAttribute;
            case long number: attribute.Number(3, number); return IntAttribute;
            case string text: attribute.Text(4, text); return StringAttribute;
            case OnnxTensor tensor: attribute.Message(5, t => Write(t, tensor)); return TensorAttribute;
            default:
                foreach (var number in (long[])value) attribute.Number(8, number);
                return IntsAttribute;
        }
    }

    private static void Write(ProtobufWriter writer, OnnxTensor tensor)
    {
        foreach (var size in tensor.Sizes) writer.Number(1, size);
        writer.Number(2, Kinds.First(k => k.Kind == tensor.Kind).Number);
        writer.Text(8, tensor.Name);
        writer.Bytes(9, tensor.Bytes);
    }

    private static void Write(ProtobufWriter writer, OnnxValue value)
    {
        writer.Text(1, value.Name);
        writer.Message(2, type => type.Message(1, tensor =>
        {
            tensor.Number(1, 1);
            tensor.Message(2, shape =>
            {
                foreach (var size in value.Sizes)
                    shape.Message(1, dimension =>
                    {
                        if (size is { } known) dimension.Number(1, known);
                        else dimension.Text(2, "N");
                    });
            });
        }));
    }
}
