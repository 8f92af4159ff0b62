using ActorTrain.Core.Tests.Data.Loading;
using ActorTrain.Kernels;
using FsCheck.Xunit;

namespace ActorTrain.Core.Tests.Data;

public class BatchTests
{
    private static readonly Split Three = Split.Of([0, 1, 2, 3, 254, 255], [7, 8, 9], 1, 2);

    [Fact]
    public void The_named_examples_come_in_the_named_order()
    {
        var pixels = new float[6];
        var labels = new int[3];
        Batch.Gather(Three, [2, 0, 2], new(0, 1f), pixels, labels);
        const float scale = 1 / 255f;
        Assert.Equal([254 * scale, 255 * scale, 0, scale, 254 * scale, 255 * scale], pixels);
        Assert.Equal([9, 7, 9], labels);
    }

    [Fact]
    public void Scale_and_shift_are_rounded_once_from_float64()
    {
        var normalization = new Normalization(0.1307f, 0.3081f);
        Assert.Equal((float)(1 / (255 * (double)0.3081f)), normalization.Scale);
        Assert.Equal((float)(-(double)0.1307f / 0.3081f), normalization.Shift);
    }

    [Fact]
    public void Each_byte_of_MNIST_becomes_the_same_float_for_ever()
    {
        var pixels = new float[2];
        Batch.Gather(Split.Of([0, 255], [0], 1, 2), [0], new(0.1307f, 0.3081f), pixels, new int[1]);
        Assert.Equal(["BED93271", "4034933D"], pixels.Select(p => BitConverter.SingleToUInt32Bits(p).ToString("X8")));
    }

    [Property]
    public void A_pixel_becomes_one_fused_multiply_add(byte pixel, float scale, float shift)
    {
        var input = new float[1];
        VectorOperations.BytesToFloats([pixel], scale, shift, input);
        Assert.Equal(BitConverter.SingleToUInt32Bits(MathF.FusedMultiplyAdd(pixel, scale, shift)),
            BitConverter.SingleToUInt32Bits(input[0]));
    }

    [Property]
    public void Normalization_agrees_with_the_definition(byte[] some, int repeat)
    {
        var pixels = Enumerable.Repeat(some, 1 + (Math.Abs(repeat % 50))).SelectMany(p => p).Append((byte)1)
            .Append((byte)200).ToArray();
        var mean = pixels.Average(p => p / 255.0);
        var deviation = Math.Sqrt(pixels.Average(p => Math.Pow((p / 255.0) - mean, 2)));
        var got = Normalization.Of(pixels);
        // Rounded to four decimals: half a unit of the last, and a little for float32.
        Assert.InRange(got.Mean - mean, -0.000051, 0.000051);
        Assert.InRange(got.StandardDeviation - deviation, -0.000051, 0.000051);
    }

    [Fact]
    public void Sums_are_exact_where_32_bits_would_overflow()
    {
        var pixels = new byte[40_000_001];
        pixels.AsSpan(0, 20_000_000).Fill(255);
        Assert.Equal(new Normalization(0.5f, 0.5f), Normalization.Of(pixels));
    }

    [Fact]
    public void Pixels_all_alike_have_a_standard_deviation_of_1() =>
        Assert.Equal(new Normalization(0.2f, 1), Normalization.Of([51, 51, 51]));

    [Fact]
    public void Images_that_are_not_changed_have_the_bits_of_those_without_augmentation()
    {
        var split = TestImages.Of(9, 5, 4);
        int[] indices = [3, 8, 0];
        var (plain, labels) = (new float[60], new int[3]);
        Batch.Gather(split, indices, split.Normalization, plain, labels);
        var (same, sameLabels) = (new float[60], new int[3]);
        Batch.Gather(split, indices, split.Normalization, new RandomAffine(0), 7, 0, same, sameLabels);
        Assert.Equal(plain, same);
        Assert.Equal(labels, sameLabels);
    }

    [Fact]
    public void A_changed_image_depends_on_seed_epoch_and_example_and_not_on_its_place()
    {
        var split = TestImages.Of(9, 5, 4);
        float[] Changed(int[] indices, ulong seed, int epoch)
        {
            var pixels = new float[indices.Length * 20];
            var transform = Transforms.Compose(new RandomAffine(30), new ElasticDeform(8, 2));
            Batch.Gather(
                split, indices, split.Normalization, transform, seed, epoch, pixels, new int[indices.Length]);
            return pixels;
        }
        var alone = Changed([4], 7, 2);
        Assert.Equal(alone, Changed([1, 0, 4], 7, 2)[40..]);
        Assert.NotEqual(alone, Changed([4], 7, 3));
        Assert.NotEqual(alone, Changed([4], 8, 2));
        Assert.NotEqual(alone, Changed([5], 7, 2));
    }

    [Fact]
    public void Buffers_of_another_length_are_refused()
    {
        Assert.Equal(
            "Batch.Gather: pixels has 3 floats; give 4 for 2 examples of 2. (Parameter 'pixels')",
            Assert.Throws<ArgumentException>(() => Batch.Gather(Three, [0, 1], new(0, 1), new float[3], new int[2]))
                .Message);
        Assert.Equal(
            "Batch.Gather: labels has 3 places; give 2. (Parameter 'labels')",
            Assert.Throws<ArgumentException>(() => Batch.Gather(Three, [0, 1], new(0, 1), new float[4], new int[3]))
                .Message);
    }

    [Fact]
    public void An_index_that_names_no_example_is_refused() => Assert.Equal(
        "Split.Image: index 3; give 0..2. (Parameter 'index')",
        Assert.Throws<ArgumentOutOfRangeException>(() => Batch.Gather(Three, [3], new(0, 1), new float[2], new int[1]))
            .Message);
}
