using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;

namespace ActorTrain.Benchmarks.Peers;

/// <summary>
/// A multilayer perceptron as an ONNX model, written by hand: the few protobuf messages of onnx.proto3 that it needs.
/// </summary>
internal static class OnnxFile
{
    private const int FloatType = 1;
    private const int IntAttribute = 2;
    private const int Varint = 0;
    private const int Bytes = 2;

    /// <summary>The file's contents; its input <c>x</c> is [N, in], its output <c>y</c> [N, classes].</summary>
    public static byte[] Of(Sequential model, Parameters parameters)
    {
        List<byte[]> nodes = [], tensors = [];
        var current = "x";
        for (var i = 0; i < model.Layers.Length; i++)
        {
            var (name, layer) = model.Layers[i];
            var output = i == model.Layers.Length - 1 ? "y" : name;
            if (layer is Linear linear)
            {
                // Stored as [in, out]: Gemm without a transpose.
                tensors.Add(
                    Tensor($"{name}.weight", [linear.InFeatures, linear.OutFeatures], parameters.Child(i).Stored(0)));
                tensors.Add(Tensor($"{name}.bias", [linear.OutFeatures], parameters.Child(i).Stored(1)));
            }
            nodes.Add(layer switch
            {
                Linear => Node("Gemm", [current, $"{name}.weight", $"{name}.bias"], output),
                ReLU => Node("Relu", [current], output),
                LogSoftmax => Node("LogSoftmax", [current], output, Attribute("axis", 1)),
                _ => throw new NotSupportedException($"OnnxFile writes no {layer.GetType().Name}."),
            });
            current = output;
        }
        var features = ((Linear)model.Layers[0].Layer).InFeatures;
        var classes = model.Layers.Select(l => l.Layer).OfType<Linear>().Last().OutFeatures;
        byte[] graph =
        [
            .. nodes.SelectMany(n => Field(1, n)), .. Field(2, "mlp"), .. tensors.SelectMany(t => Field(5, t)),
            .. Field(11, Value("x", features)), .. Field(12, Value("y", classes)),
        ];
        return [.. Field(1, 8), .. Field(7, graph), .. Field(8, [.. Field(2, 17)])];
    }

    private static byte[] Node(string type, string[] inputs, string output, params byte[] attribute) =>
    [
        .. inputs.SelectMany(i => Field(1, i)), .. Field(2, output), .. Field(4, type),
        .. attribute.Length == 0 ? [] : Field(5, attribute),
    ];

    private static byte[] Attribute(string name, int value) =>
        [.. Field(1, name), .. Field(3, value), .. Field(20, IntAttribute)];

    private static byte[] Tensor(string name, int[] shape, ReadOnlySpan<float> values)
    {
        var raw = MemoryMarshal.AsBytes(values).ToArray();
        if (!BitConverter.IsLittleEndian)
            for (var i = 0; i < values.Length; i++)
                BinaryPrimitives.WriteSingleLittleEndian(raw.AsSpan(4 * i), values[i]);
        return [.. shape.SelectMany(d => Field(1, d)), .. Field(2, FloatType), .. Field(8, name), .. Field(9, raw)];
    }

    // Any number of rows.
    private static byte[] Value(string name, int features)
    {
        byte[] shape = [.. Field(1, Field(2, "N")), .. Field(1, Field(1, features))];
        byte[] type = [.. Field(1, FloatType), .. Field(2, shape)];
        return [.. Field(1, name), .. Field(2, Field(1, type))];
    }

    private static byte[] Field(int number, string text) => Field(number, Encoding.UTF8.GetBytes(text));

    private static byte[] Field(int number, byte[] contents) =>
        [.. Number((number << 3) | Bytes), .. Number(contents.Length), .. contents];

    private static byte[] Field(int number, int value) => [.. Number((number << 3) | Varint), .. Number(value)];

    private static byte[] Number(int value)
    {
        var bytes = new List<byte>();
        for (; value >= 0x80; value >>= 7) bytes.Add((byte)(value | 0x80));
        bytes.Add((byte)value);
        return [.. bytes];
    }
}
