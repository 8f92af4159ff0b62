using System.Runtime.Intrinsics;
using ActorTrain.Kernels;

namespace ActorTrain.Core.Tests.Kernels;

public class PatchProductTests
{
    // (12, 9, 30) has chains longer than a panel; then images that don't fill their last group, one where the window
    // fits at few pixels of a line, and one whose results are too many to wait.
    [Theory]
    [InlineData(1, 9, 11, 3, 1, 5, 6), InlineData(2, 6, 5, 2, 2, 3, 17), InlineData(3, 5, 5, 3, 1, 16, 64)]
    [InlineData(1, 4, 4, 4, 1, 1, 1), InlineData(12, 9, 30, 5, 1, 2, 7)]
    [InlineData(3, 5, 5, 3, 1, 7, 8), InlineData(1, 7, 7, 6, 1, 3, 4), InlineData(1, 40, 60, 3, 1, 1, 33)]
    public void Every_width_gives_the_chain_over_the_window_and_nothing_else(
        int channels, int height, int width, int window, int stride, int images, int outputs)
    {
        var patches = new Patches(channels, height, width, window, stride);
        var (x, w, b) = (
            Values(1, images * patches.ImageLength), Values(2, outputs * patches.Depth), Values(3, outputs));
        foreach (var relu in new[] { false, true })
        {
            var expected = Chains(patches, x, w, b, relu);
            Assert.Equal(expected, Run<LanesScalar, float>(patches, x, w, b, relu));
            Assert.Equal(expected, Run<Lanes128, Vector128<float>>(patches, x, w, b, relu));
            Assert.Equal(expected, Run<Lanes256, Vector256<float>>(patches, x, w, b, relu));
            Assert.Equal(expected, Run<Lanes512, Vector512<float>>(patches, x, w, b, relu));
        }
        Assert.Equal(
            Chains(patches, x, w, new float[outputs], relu: false),
            Run<Lanes256, Vector256<float>>(patches, x, w, [], relu: false));
    }

    [Fact]
    public void Columns_go_back_to_the_pixels_that_they_came_from()
    {
        var patches = new Patches(2, 5, 13, 3, 2);
        var image = Values(1, patches.ImageLength);
        var columns = new float[patches.Depth * patches.Places];
        patches.Gather(image, columns, patches.Places);
        for (var row = 0; row < patches.Depth; row++)
            for (var place = 0; place < patches.Places; place++)
                Assert.Equal(image[Pixel(patches, row, place)], columns[(row * patches.Places) + place]);
        var sums = new float[image.Length];
        patches.Scatter(columns, patches.Places, sums);
        var times = new float[image.Length];
        patches.Scatter([.. columns.Select(_ => 1f)], patches.Places, times);
        Assert.Equal(image.Zip(times, (pixel, count) => pixel * count), sums, (a, c) => Math.Abs(a - c) < 1e-5f);
        Assert.Contains(4f, times);
    }

    private static float[] Run<TLanes, TVector>(Patches patches, float[] x, float[] w, float[] b, bool relu)
        where TLanes : struct, ILanes<TVector> where TVector : struct
    {
        var y = new float[x.Length / patches.ImageLength * patches.Places * (w.Length / patches.Depth)];
        PatchProduct<TLanes, TVector>.Run(
            patches, x, new(w, w.Length / patches.Depth, patches.Depth), b, relu, y);
        return y;
    }

    private static float[] Chains(Patches patches, float[] x, float[] w, float[] b, bool relu)
    {
        var y = new List<float>();
        for (var n = 0; n < x.Length; n += patches.ImageLength)
            for (var o = 0; o < b.Length; o++)
                for (var place = 0; place < patches.Places; place++)
                {
                    var sum = 0f;
                    for (var k = 0; k < patches.Depth; k++)
                        sum = MathF.FusedMultiplyAdd(
                            w[(o * patches.Depth) + k], x[n + Pixel(patches, k, place)], sum);
                    sum += b[o];
                    y.Add(relu && sum < 0 ? 0 : sum);
                }
        return [.. y];
    }

    private static int Pixel(Patches patches, int row, int place)
    {
        var (side, across) = (patches.KernelSize, patches.Across);
        var y = (place / across * patches.Stride) + (row / side % side);
        return (((row / (side * side) * patches.Height) + y) * patches.Width) + (place % across * patches.Stride)
            + (row % side);
    }

    private static float[] Values(uint stream, int count)
    {
        var values = new float[count];
        Philox.FillUniform(7, RandomPurpose.Augmentation, stream, -1, 1, values);
        return values;
    }
}
