using ActorTrain.Interop;
using ActorTrain.Interop.Onnx;
using ActorTrain.Interop.Protobuf;
using ActorTrain.Interop.PyTorch;
using FsCheck.Xunit;

namespace ActorTrain.Core.Tests.Interop.Onnx;

public class OnnxImportTests
{
    private static readonly Dictionary<string, object> None = [];

    // Its Softplus with a β is many operators, none of which is a layer.
    public static TheoryData<string> Models => [.. OnnxModels.All.Keys.Where(name => name != "softplus")];

    [Theory, MemberData(nameof(Models))]
    public void What_is_written_is_read_again_with_the_same_bits(string name)
    {
        var (layer, example) = OnnxModels.All[name];
        var model = OnnxModels.Create(layer);
        var read = OnnxFile.Decode(OnnxFile.Encode(model, example));
        var input = Tensor.Randn([3, .. example.ToArray()], seed: 5);
        Assert.Equal(model.Forward(input).ToArray(), read.Forward(input).ToArray());
    }

    [Property(MaxTest = 30)]
    public bool A_network_of_any_sizes_comes_back_whole(byte inputs, byte hidden, byte classes)
    {
        var sizes = new[] { inputs, hidden, classes }.Select(size => 1 + (size % 40)).ToArray();
        var model = OnnxModels.Create(Sequential.Mlp(sizes));
        return model.Equals(OnnxFile.Decode(OnnxFile.Encode(model, [sizes[0]])));
    }

    [Fact]
    public void Layers_and_parameters_keep_their_names()
    {
        var model = OnnxModels.Create(Sequential.Mlp(12, 8, 6, 4));
        Assert.Equal(model, OnnxFile.Decode(OnnxFile.Encode(model, [12])));
        var (cnn, example) = OnnxModels.All["cnn"];
        var layers = ((Sequential)cnn).Layers;
        var read = OnnxFile.Decode(OnnxFile.Encode(OnnxModels.Create(cnn), example));
        Assert.Equal(layers.Where(l => l.Layer is not Dropout), ((Sequential)read.Layer).Layers);
    }

    [Fact]
    public void A_model_of_PyTorchs_computes_the_same_here()
    {
        var model = OnnxFile.Decode(File.ReadAllBytes(
            Path.Combine(AppContext.BaseDirectory, "Interop", "Onnx", "Files", "cnn.onnx")));
        var output = model.Forward(Tensor.Arange(128).View(2, 1, 8, 8) / 128).ToArray();
        float[] expected =
        [
            -1.176241f, -1.732721f, -1.477701f, -1.249668f, -1.172851f, -1.733110f, -1.480167f, -1.251124f,
        ];
        for (var i = 0; i < expected.Length; i++) Assert.Equal(expected[i], output[i], 2e-6f);
        Assert.Equal(["0", "2", "3", "4", "5", "7", "8", "9", "10", "11"],
            ((Sequential)model.Layer).Layers.Select(l => l.Name));
        Assert.Contains("9.weight", StateDict.Of(model).Select(p => p.Key));
    }

    [Fact]
    public void Operators_and_attributes_that_are_no_layers_are_refused_by_name()
    {
        Assert.Equal(
            "f: node 'n' (Einsum): this operator is none of those that layers here are written with.",
            MessageOf(Node("Einsum")));
        Assert.Equal(
            "f: node 'n' (com.microsoft.Relu): this operator is none of those that layers here are written with.",
            MessageOf(Node("com.microsoft.Relu")));
        Assert.Equal(
            "f: node 'n' (Relu): its attribute slope can't be read.", MessageOf(Node("Relu", ("slope", 1f))));
        Assert.Equal(
            "f: node 'n' (LeakyRelu): alpha is of another kind than it should be.",
            MessageOf(Node("LeakyRelu", ("alpha", 1L))));
        Assert.Equal(
            "f: node 'n' (Softmax): axis is 0; -1 or 1 can be read.", MessageOf(Node("Softmax", ("axis", 0L))));
        Assert.Equal(
            "f: node 'n' (Gelu): approximate is tanh; none can be read.",
            MessageOf(Node("Gelu", ("approximate", "tanh"))));
        Assert.Equal("f: node 'n' (Gemm): alpha is 2; 1 can be read.", MessageOf(Node("Gemm", ("alpha", 2f))));
        Assert.Equal("f: node 'n' (Gemm): input 1 must be a constant.", MessageOf(Node("Gemm")));
        Assert.Equal(
            "f: node 'n' (AveragePool): its padding does not count; only where it counts as zeros can it be read.",
            MessageOf(Node("AveragePool", ("kernel_shape", new[] { 3L, 3L }), ("pads", new[] { 1L, 1L, 1L, 1L }))));
        Assert.Equal(
            "f: node 'n' (MaxPool): padding of 2 for a window of 3; at most half of it can be read.",
            MessageOf(Node("MaxPool", ("kernel_shape", new[] { 3L, 3L }), ("pads", new[] { 2L, 2L, 2L, 2L }))));
        Assert.Equal(
            "f: node 'n' (MaxPool): kernel_shape must be 2 equal whole numbers.",
            MessageOf(Node("MaxPool", ("kernel_shape", new[] { 2L, 3L }))));
        Assert.Equal("f: node 'n' (Conv): group is 2; 1 can be read.", MessageOf(Node("Conv", ("group", 2L))));
    }

    [Fact]
    public void Graphs_that_are_no_chain_are_refused()
    {
        Assert.Equal("f: 'a' leads nowhere.", MessageOf(new OnnxNode("Relu", "n", ["x"], "a", None)));
        Assert.Equal(
            "f: node 'n' (Relu): it is used twice.", MessageOf(new OnnxNode("Relu", "n", ["x"], "x", None)));
        Assert.Equal(
            "f: node 'm' (Relu): it is not on the way from the input to the output.",
            MessageOf(Node("Relu"), new OnnxNode("Relu", "m", ["z"], "w", None)));
        Assert.Equal(
            "f: node 'm' (Mul): a value goes two ways; x + f(x) and x·sigmoid(x) can be read.",
            MessageOf(new OnnxNode("Relu", "n", ["x"], "a", None), new OnnxNode("Mul", "m", ["x", "a"], "y", None)));
        Assert.Equal(
            "f: its input 'x' has a free size besides the first; fix it.",
            Assert.Throws<InteropException>(() => OnnxFile.Decode(
                OnnxFormat.Write(new([Node("Relu")], [], new("x", [null, null]), new("y", []))), "f")).Message);
    }

    [Fact]
    public void Files_that_are_none_or_damaged_are_refused()
    {
        Assert.Equal("f: no ONNX file: it has no graph.", MessageOf(Array.Empty<byte>()));
        var operators = ProtobufWriter.Message(m =>
        {
            m.Message(7, g =>
            {
                g.Message(11, v => v.Text(1, "x"));
                g.Message(12, v => v.Text(1, "y"));
            });
            m.Message(8, set => set.Number(2, 9));
        });
        Assert.Equal("f: operators of version 9; 13 and later can be read.", MessageOf(operators));
        Assert.Equal(
            "f: 0 inputs and 0 outputs; one of each can be read.",
            MessageOf(ProtobufWriter.Message(m => m.Message(7, _ => { }))));
        var elsewhere = ProtobufWriter.Message(m => m.Message(7, g => g.Message(5, t =>
        {
            t.Text(8, "w");
            t.Number(14, 1);
        })));
        Assert.Equal(
            "f: constant 'w': its elements are in another file; save all in one.", MessageOf(elsewhere));
        var bytes = OnnxFile.Encode(OnnxModels.Create(Sequential.Mlp(3, 2, 2)), [3]);
        for (var length = 0; length < bytes.Length - 4; length++) MessageOf(bytes[..length]);
        for (var i = 0; i < bytes.Length; i++)
        {
            // Any byte may be anything: a model, or one clear error.
            var changed = bytes.ToArray();
            changed[i] ^= 0x11;
            try
            {
                OnnxFile.Decode(changed);
            }
            catch (InteropException)
            {
            }
        }
    }

    private static OnnxNode Node(string type, params (string Name, object Value)[] attributes) =>
        new(type, "n", ["x"], "y", attributes.ToDictionary(a => a.Name, a => a.Value));

    private static string MessageOf(params OnnxNode[] nodes) =>
        MessageOf(OnnxFormat.Write(new(nodes, [], new("x", [null, 4]), new("y", [null, 4]))));

    private static string MessageOf(byte[] bytes) =>
        Assert.Throws<InteropException>(() => OnnxFile.Decode(bytes, "f")).Message;
}
