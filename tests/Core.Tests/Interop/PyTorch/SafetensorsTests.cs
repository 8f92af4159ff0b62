using System.Buffers.Binary;
using System.Text;
using ActorTrain.Core.Tests.Support;
using ActorTrain.Interop;
using ActorTrain.Interop.PyTorch;
using FsCheck.Xunit;

namespace ActorTrain.Core.Tests.Interop.PyTorch;

public class SafetensorsTests
{
    private const string One = """{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""";

    public static TheoryData<string, string> Kinds => new()
    {
        { "F64", "000000000000e03f00000000000000c0" },
        { "F16", "003800c0" },
        { "BF16", "003f00c0" },
    };

    // Header as the format's own description has it: sizes, then names.
    [Fact]
    public void A_file_is_a_length_a_header_and_elements()
    {
        var bytes = Safetensors.Encode([new("fc1.bias", Tensor.From([1.5f, -2], [2])), new("s", Tensor.From([3], []))]);
        const string header =
            """{"__metadata__":{"format":"pt"},"fc1.bias":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"s":"""
            + """{"dtype":"F32","shape":[],"data_offsets":[8,12]}}""";
        var length = (int)BinaryPrimitives.ReadUInt64LittleEndian(bytes);
        Assert.Equal(0, length % 8);
        Assert.Equal(header, Encoding.UTF8.GetString(bytes.AsSpan(8, length)).TrimEnd(' '));
        Assert.Equal("0000c03f000000c000004040", Convert.ToHexStringLower(bytes.AsSpan(8 + length)));
    }

    [Property]
    public bool What_is_written_is_read_again(byte rank, ulong seed)
    {
        var shape = Shape.Create([.. Enumerable.Range(0, rank % 7).Select(d => (int)((seed >> (2 * d)) & 3))]);
        var tensor = Tensor.Randn(shape, seed);
        var read = Safetensors.Decode(Safetensors.Encode([new("a", tensor), new("b.w", tensor * 2)]));
        return read["a"].Shape == shape && read["a"].ToArray().SequenceEqual(tensor.ToArray())
            && read["b.w"].ToArray().SequenceEqual((tensor * 2).ToArray());
    }

    [Fact]
    public void A_model_goes_out_and_in_in_PyTorchs_shapes()
    {
        var layer = new Sequential(
            ("fc1", new Linear(4, 3)), ("bn", new BatchNorm1d(3)), ("block", new Residual(new Linear(3, 3))));
        var model = ActorTrain.Model.Create(layer, seed: 5);
        var tensors = Safetensors.Decode(Safetensors.Encode(StateDict.Of(model)));
        Assert.Equal(
            [
                "fc1.weight", "fc1.bias", "bn.weight", "bn.bias", "bn.running_mean", "bn.running_var",
                "block.body.weight", "block.body.bias",
            ], tensors.Keys);
        Assert.Equal([3, 4], tensors["fc1.weight"].Shape);
        Assert.Equal(model["fc1"].Weight.ToArray(), tensors["fc1.weight"].ToArray());
        Assert.Equal(model, StateDict.Load(layer, tensors));
    }

    [Fact]
    public void Training_goes_on_from_a_files_parameters()
    {
        var (recipe, cancellation) = (Tiny.Recipe, TestContext.Current.CancellationToken);
        var first = Trainer.Train(recipe, Tiny.Data, cancellation: cancellation).State;
        var trained = first.Parameters;
        var file = Safetensors.Encode(StateDict.Of(new(recipe.Model, new Parameters(recipe.Model.Layout, trained))));
        var read = StateDict.Load(recipe.Model, Safetensors.Decode(file)).Parameters;
        Assert.Equal(trained.Span, read.Span);
        var start = TrainingState.Initial(recipe) with { Parameters = FlatVector.From(read.Span) };
        var second = Trainer.Train(recipe, Tiny.Data, start, cancellation: cancellation).State;
        Assert.True(second.History[^1].TrainLoss < first.History[^1].TrainLoss);
    }

    [Fact]
    public void Parameters_of_another_model_are_refused_by_name()
    {
        var layer = new Sequential(("fc1", new Linear(2, 1)));
        var (weight, bias) = (Tensor.Zeros([1, 2]), Tensor.Zeros([1]));
        Assert.Equal(
            "f: parameters are missing: fc1.bias.", MessageOf([new("fc1.weight", weight)]));
        Assert.Equal(
            "f: the model has no parameters: fc2.bias.",
            MessageOf([new("fc1.weight", weight), new("fc1.bias", bias), new("fc2.bias", bias)]));
        Assert.Equal(
            "f: 'fc1.weight': shape [2, 1]; the model's is [1, 2].",
            MessageOf([new("fc1.weight", weight.T()), new("fc1.bias", bias)]));
        StateDict.Load(
            layer, new Dictionary<string, Tensor>
            {
                ["fc1.weight"] = weight,
                ["fc1.bias"] = bias,
                ["bn.num_batches_tracked"] = bias,
            });

        string MessageOf(KeyValuePair<string, Tensor>[] tensors) => Assert.Throws<InteropException>(
            () => StateDict.Load(layer, new Dictionary<string, Tensor>(tensors), "f")).Message;
    }

    [Theory, MemberData(nameof(Kinds))]
    public void Other_floats_become_float32(string kind, string elements)
    {
        var size = elements.Length / 4;
        var header = $$$"""{"a":{"dtype":"{{{kind}}}","shape":[2],"data_offsets":[0,{{{2 * size}}}]}}""";
        Assert.Equal([0.5f, -2], Safetensors.Decode(File(header, Convert.FromHexString(elements)))["a"].ToArray());
    }

    [Fact]
    public void Whole_numbers_are_read_where_float32_has_them()
    {
        const string header = """{"a":{"dtype":"I64","shape":[],"data_offsets":[0,8]}}""";
        Assert.Equal(16777216, Safetensors.Decode(File(header, BitConverter.GetBytes(16777216L)))["a"].Item());
        Assert.Equal(
            "f: 'a': the whole number 16777217, which is no float32.",
            MessageOf(File(header, BitConverter.GetBytes(16777217L))));
        Assert.Equal(
            -9223372036854775808f, Safetensors.Decode(File(header, BitConverter.GetBytes(long.MinValue)))["a"].Item());
        Assert.Equal(
            "f: 'a': the whole number 9223372036854775807, which is no float32.",
            MessageOf(File(header, BitConverter.GetBytes(long.MaxValue))));
    }

    [Theory]
    [InlineData("[]", "f: no safetensors file: its header does not begin with '{'.")]
    [InlineData("{\"a\":", "f: its header is no JSON: *")]
    [InlineData("{\"a\":{},\"a\":{}}", "f: its header is no JSON: *")]
    [InlineData("{\"\\ud800\":{}}", "f: its header is no JSON: *")]
    [InlineData("{\"a\":[]}", "f: 'a': its entry lacks a dtype, a shape or two data_offsets.")]
    [InlineData(
        """{"a":{"dtype":"F32","shape":[1.5],"data_offsets":[0,4]}}""",
        "f: 'a': its entry lacks a dtype, a shape or two data_offsets.")]
    [InlineData(
        """{"a":{"dtype":"F8","shape":[4],"data_offsets":[0,4]}}""",
        "f: 'a': elements of kind F8; F32, F64, F16, BF16, I64, I32, I16, I8, U8, BOOL can be read.")]
    [InlineData(
        """{"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}""",
        "f: 'a': shape [-1]; no tensor has it here.")]
    [InlineData(
        """{"a":{"dtype":"F32","shape":[99999999,99999999],"data_offsets":[0,4]}}""",
        "f: 'a': shape [99999999, 99999999]; no tensor has it here.")]
    [InlineData(
        """{"a":{"dtype":"F32","shape":[1,1,1,1,1,1,1],"data_offsets":[0,4]}}""",
        "f: 'a': 7 dimensions; 6 can be read.")]
    [InlineData(
        """{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}""",
        "f: 'a': bytes 0 to 4, where [2] of F32 has 8 bytes.")]
    [InlineData(
        """{"a":{"dtype":"U8","shape":[1],"data_offsets":[9223372036854775807,-9223372036854775808]}}""",
        "f: 'a': bytes 9223372036854775807 to -9223372036854775808, where [1] of U8 has 1 bytes.")]
    [InlineData(
        """{"a":{"dtype":"F32","shape":[1],"data_offsets":[-4,0]}}""",
        "f: 'a': bytes -4 to 0, where [1] of F32 has 4 bytes.")]
    [InlineData(
        """{"a":{"dtype":"U8","shape":[3],"data_offsets":[0,3]},"b":{"dtype":"U8","shape":[2],"data_offsets":[2,4]}}""",
        "f: 'b': it begins at byte 2, inside the tensor before it, which ends at 3.")]
    [InlineData(
        """{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"b":{"dtype":"U8","shape":[2],"data_offsets":[2,4]}}""",
        "f: 'b': it begins at byte 2, and bytes 1 to 2 are no tensor's.")]
    [InlineData(
        """{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""",
        "f: its tensors have 8 bytes, and behind its header are 4: cut off or too long.")]
    [InlineData("{}", "f: its tensors have 0 bytes, and behind its header are 4: cut off or too long.")]
    public void A_header_that_does_not_fit_is_refused(string header, string message)
    {
        var told = MessageOf(File(header, [0, 0, 0, 0]));
        if (message.EndsWith('*')) Assert.StartsWith(message[..^1], told, StringComparison.Ordinal);
        else Assert.Equal(message, told);
    }

    [Fact]
    public void What_is_cut_off_is_refused()
    {
        var bytes = File(One, [0, 0, 0, 0]);
        Assert.Equal([0], Safetensors.Decode(bytes)["a"].ToArray());
        for (var length = 0; length < bytes.Length; length++)
            Assert.Throws<InteropException>(() => Safetensors.Decode(bytes.AsSpan(0, length)));
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, ulong.MaxValue);
        Assert.StartsWith(
            "f: no safetensors file, or cut off: a header of 18446744073709551615 bytes in a file of ",
            MessageOf(bytes), StringComparison.Ordinal);
    }

    [Fact]
    public void A_name_is_given_once()
    {
        var one = Tensor.From([1], [1]);
        foreach (var wrong in new[] { "", "a", "__metadata__" })
            Assert.Throws<ArgumentException>(() => Safetensors.Encode([new("a", one), new(wrong, one)]));
    }

    private static string MessageOf(byte[] bytes) =>
        Assert.Throws<InteropException>(() => Safetensors.Decode(bytes, "f")).Message;

    private static byte[] File(string header, byte[] elements)
    {
        var text = Encoding.UTF8.GetBytes(header);
        return [.. BitConverter.GetBytes((ulong)text.Length), .. text, .. elements];
    }
}
