using FsCheck.Xunit;

namespace ActorTrain.Core.Tests.Gradients;

public class CompressionTests
{
    [Theory, InlineData("none"), InlineData("bf16"), InlineData("topk:0.01"), InlineData("topk:1")]
    [InlineData("topk:0.000125")]
    public void A_name_is_read_and_written_again(string name) => Assert.Equal(name, Parse(name).ToString());

    [Theory, InlineData("fp16"), InlineData("topk"), InlineData("topk:"), InlineData("topk:0"), InlineData("topk:1.1")]
    [InlineData("topk:-1"), InlineData("topk:NaN"), InlineData("BF16")]
    public void Another_name_is_not_read(string name) => Assert.False(Compression.TryParse(name, out _));

    [Theory]
    [InlineData("none", "0000803F00000040000040C0")]
    [InlineData("bf16", "803F004040C0")]
    [InlineData("topk:0.5", "010000000200000000000040000040C0")]
    public void The_bytes_of_1_2_and_minus_3_are_fixed(string name, string hex) =>
        Assert.Equal(hex, Convert.ToHexString(Encode(Parse(name), [1, 2, -3])));

    [Property]
    public void Without_compression_every_bit_comes_back(float[] gradient) =>
        Assert.Equal(gradient, Decode(new NoCompression(), Encode(new NoCompression(), gradient), gradient.Length));

    [Property]
    public void Bf16_is_the_nearest_and_comes_back_as_itself(float[] gradient)
    {
        var once = Decode(new Bf16(), Encode(new Bf16(), gradient), gradient.Length);
        for (var i = 0; i < gradient.Length; i++)
        {
            if (float.IsNaN(gradient[i])) Assert.True(float.IsNaN(once[i]));
            else if (float.IsNormal(gradient[i]) && float.IsFinite(once[i]))
                Assert.InRange(Math.Abs(once[i] - gradient[i]), 0, Math.Abs(gradient[i]) / 256);
        }
        Assert.Equal(once, Decode(new Bf16(), Encode(new Bf16(), once), once.Length));
    }

    // 1 + 2⁻⁸ lies halfway between 1 and 1 + 2⁻⁷; 1 + 3·2⁻⁸ between 1 + 2⁻⁷ and 1 + 2⁻⁶.
    [Theory]
    [InlineData(0x3F808000u, 0x3F80), InlineData(0x3F808001u, 0x3F81), InlineData(0x3F818000u, 0x3F82)]
    [InlineData(0x3F817FFFu, 0x3F81)]
    [InlineData(0x7F7FFFFFu, 0x7F80), InlineData(0x7F800001u, 0x7FC0), InlineData(0xFFFFFFFFu, 0xFFFF)]
    [InlineData(0x80000000u, 0x8000), InlineData(0x00008000u, 0x0000)]
    public void Bf16_rounds_ties_to_even_in_vectors_and_in_their_rest(uint bits, int half)
    {
        var gradient = Enumerable.Repeat(BitConverter.UInt32BitsToSingle(bits), 21).ToArray();
        var bytes = Encode(new Bf16(), gradient);
        for (var i = 0; i < gradient.Length; i++) Assert.Equal(half, BitConverter.ToUInt16(bytes, 2 * i));
    }

    [Property]
    public void Top_k_sends_the_largest_and_keeps_the_rest_for_later(float[] gradient, byte share)
    {
        var values = gradient.Select(x => float.IsFinite(x) ? x : 1).ToArray();
        var topK = new TopK((1 + share) / 256.0);
        var residual = new float[values.Length];
        var bytes = new byte[topK.EncodedBytes(values.Length)];
        topK.Encode(values, residual, bytes);
        var sent = Decode(topK, bytes, values.Length);
        var expected = Enumerable.Range(0, values.Length).OrderByDescending(i => Math.Abs(values[i])).ThenBy(i => i)
            .Take(bytes.Length / 8).ToHashSet();
        for (var i = 0; i < values.Length; i++)
            Assert.Equal(expected.Contains(i) ? (values[i], 0f) : (0f, values[i]), (sent[i], residual[i]));
    }

    [Fact]
    public void What_top_k_left_out_is_sent_when_it_has_grown_large_enough()
    {
        var topK = new TopK(0.5);
        float[] residual = [0, 0];
        Assert.Equal([4f, 0f], Send([4, 3]));
        Assert.Equal([0f, 6f], Send([4, 3]));
        Assert.Equal([8f, 0f], Send([4, 3]));
        Assert.Equal([0f, 3f], residual);

        float[] Send(float[] gradient)
        {
            var bytes = new byte[topK.EncodedBytes(2)];
            topK.Encode(gradient, residual, bytes);
            return Decode(topK, bytes, 2);
        }
    }

    [Fact]
    public void Bytes_of_another_length_are_refused()
    {
        Assert.Equal(
            "bf16: 5 bytes for 3 floats; expected 6.",
            Assert.Throws<CompressionException>(() => new Bf16().Decode(new byte[5], new float[3])).Message);
        Assert.Equal(
            "none: 13 bytes for 3 floats; expected 12.",
            Assert.Throws<CompressionException>(() => new NoCompression().Decode(new byte[13], new float[3])).Message);
        Assert.Equal(
            "topk:0.5: 0 bytes for 3 floats; expected 16.",
            Assert.Throws<CompressionException>(() => new TopK(0.5).Decode([], new float[3])).Message);
        Assert.Throws<ArgumentException>(() => new Bf16().Encode(new float[3], [], new byte[5]));
        Assert.Throws<ArgumentException>(() => new TopK(0.5).Encode(new float[3], new float[2], new byte[16]));
    }

    [Theory]
    [InlineData("0100000001000000", "index 1 after 1"), InlineData("0200000001000000", "index 1 after 2")]
    [InlineData("0000000003000000", "index 3 after 0")]
    [InlineData("FFFFFFFF00000000", "index 4294967295 after -1")]
    public void Indices_that_do_not_ascend_or_lie_outside_are_refused(string indices, string message)
    {
        var bytes = Convert.FromHexString(indices + "0000803F0000803F");
        Assert.Contains(
            message, Assert.Throws<CompressionException>(() => new TopK(0.5).Decode(bytes, new float[3])).Message,
            StringComparison.Ordinal);
    }

    private static Compression Parse(string name) =>
        Compression.TryParse(name, out var compression) ? compression : throw new ArgumentException(name);

    private static byte[] Encode(Compression compression, float[] gradient)
    {
        var bytes = new byte[compression.EncodedBytes(gradient.Length)];
        compression.Encode(gradient, new float[compression.ResidualLength(gradient.Length)], bytes);
        return bytes;
    }

    private static float[] Decode(Compression compression, byte[] bytes, int count)
    {
        var gradient = new float[count];
        compression.Decode(bytes, gradient);
        return gradient;
    }
}
