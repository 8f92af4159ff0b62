using ActorTrain.Core.Tests.Support;
using ActorTrain.Kernels;

namespace ActorTrain.Core.Tests.Model;

public class ImageLayerTests
{
    // Three images at once make a group: a leaf of five is more than one.
    private static readonly Conv2d Large = new(1, 6, 5, Padding: 2);

    [Fact]
    public void Convolution_of_several_groups_has_the_bits_of_each_leaf_alone()
    {
        var parameters = Large.Initialize(seed: 1);
        var (x, dy) = (Tensor.Randn([8, 1, 28, 28], seed: 2), Tensor.Randn([8, 6, 28, 28], seed: 3));
        var (y, dx, sums) = Pass(parameters, x, dy, new ManagedMatMul(), 5, 3);
        var (y0, dx0, sums0) = Pass(parameters, x.Rows(0, 5), dy.Rows(0, 5), new ManagedMatMul(), 5);
        var (y1, dx1, sums1) = Pass(parameters, x.Rows(5, 3), dy.Rows(5, 3), new ManagedMatMul(), 3);
        Assert.Equal(y, (float[])[.. y0, .. y1]);
        Assert.Equal(dx, (float[])[.. dx0, .. dx1]);
        Assert.Equal(sums, sums0.Zip(sums1, (a, b) => a + b));
    }

    [Fact]
    public void Another_kernel_is_given_the_columns_and_the_managed_one_makes_the_same_bits_without_them()
    {
        var parameters = Large.Initialize(seed: 1);
        var (x, dy) = (Tensor.Randn([4, 1, 28, 28], seed: 2), Tensor.Randn([4, 6, 28, 28], seed: 3));
        var managed = Pass(parameters, x, dy, new ManagedMatMul(), 4);
        var other = Pass(parameters, x, dy, new Other(), 4);
        Assert.Equal(managed.Output, other.Output);
        Assert.Equal(managed.InputGradient, other.InputGradient);
        Assert.Equal(managed.Sums, other.Sums);
    }

    [Fact]
    public void Its_gradient_is_that_of_sums_over_all_places()
    {
        var parameters = Large.Initialize(seed: 1);
        var (x, dy) = (Tensor.Randn([5, 1, 28, 28], seed: 2), Tensor.Randn([5, 6, 28, 28], seed: 3));
        var (_, _, sums) = Pass(parameters, x, dy, new ManagedMatMul(), 5);
        var expected = new double[sums.Length];
        for (var i = 0; i < dy.Shape.Count; i++)
        {
            var (n, o, top, left) = (i / 4704, i / 784 % 6, (i / 28 % 28) - 2, (i % 28) - 2);
            expected[150 + o] += dy.Span[i];
            for (var k = 0; k < 25; k++)
                if (top + (k / 5) is >= 0 and < 28 && left + (k % 5) is >= 0 and < 28)
                    expected[(o * 25) + k] +=
                        (double)dy.Span[i] * x.Span[(n * 784) + ((top + (k / 5)) * 28) + left + (k % 5)];
        }
        for (var i = 0; i < sums.Length; i++) Assert.Equal(expected[i], sums[i], 1e-3);
    }

    [Fact]
    public void A_padded_maximum_is_never_of_the_padding()
    {
        var x = Tensor.From([-1, -2, -3, -4, -5, -6, -7, -8, -9], [1, 1, 3, 3]);
        var dy = Tensor.From([1, 2, 3, 4], [1, 1, 2, 2]);
        var (y, dx) = Pooled(new MaxPool2d(3, stride: 2, padding: 1), x, dy);
        Assert.Equal([-1, -2, -4, -5], y);
        Assert.Equal([1, 2, 0, 3, 4, 0, 0, 0, 0], dx);
    }

    [Fact]
    public void A_padded_mean_counts_zeros()
    {
        var x = Tensor.From([9, 18, 27, 36, 45, 54, 63, 72, 81], [1, 1, 3, 3]);
        var dy = Tensor.From([9, 18, 27, 36], [1, 1, 2, 2]);
        var (y, dx) = Pooled(new AvgPool2d(3, stride: 2, padding: 1), x, dy);
        Assert.Equal([12, 16, 24, 28], y);
        Assert.Equal([1, 3, 2, 4, 10, 6, 3, 7, 4], dx);
    }

    [Theory, InlineData(2, 2), InlineData(5, 3), InlineData(9, 8), InlineData(6, 24), InlineData(8, 11)]
    public void The_largest_of_four_is_the_first_of_the_largest_and_any_NaN(int height, int width)
    {
        var x = new float[3 * height * width];
        for (var i = 0; i < x.Length; i++) x[i] = i % 23 == 5 ? float.NaN : i * 7 % 5;
        var dy = Tensor.Randn([3, 1, height / 2, width / 2], seed: 4);
        var (y, dx) = Pooled(new MaxPool2d(2), Tensor.From(x, [3, 1, height, width]), dy);
        var slopes = new float[x.Length];
        for (var i = 0; i < y.Length; i++)
        {
            var row = i / (width / 2);
            var place = (((row / (height / 2) * height) + (row % (height / 2) * 2)) * width) + (i % (width / 2) * 2);
            var best = place;
            foreach (var other in new[] { place + 1, place + width, place + width + 1 })
                if (x[other] > x[best] || float.IsNaN(x[other])) best = other;
            Assert.Equal(x[best], y[i]);
            slopes[best] = dy.Span[i];
        }
        Assert.Equal(slopes, dx);
    }

    [Fact]
    public void Padding_of_more_than_half_a_window_is_refused() =>
        Assert.StartsWith(
            "MaxPool2d: Padding is 2; give at most half of the window's 3 pixels.",
            Assert.Throws<ArgumentOutOfRangeException>(() => new MaxPool2d(3, padding: 2)).Message,
            StringComparison.Ordinal);

    [Fact]
    public void A_window_of_more_pixels_than_an_int_counts_has_their_mean()
    {
        var large = new AvgPool2d(65536, padding: 32768);
        var (y, dx) = Pooled(large, Tensor.Full([1, 1, 1, 2], 1L << 31), Tensor.Full([1, 1, 1, 1], 1L << 32));
        Assert.Equal([1], y);
        Assert.Equal([1, 1], dx);
        Assert.Throws<OverflowException>(
            () => large.Formula(Tensor.Ones([1, 1, 1, 2]), [], Contexts.ForLeaves(1)));
    }

    [Fact]
    public void Padding_to_more_pixels_than_an_int_counts_is_an_error()
    {
        Assert.Throws<OverflowException>(() => new Conv2d(1, 1, 3, Padding: int.MaxValue).OutputShape([1, 26, 26]));
        var sparse = new Conv2d(1, 1, 3, Stride: 65536, Padding: 32768);
        Assert.Equal([1, 1, 1], sparse.OutputShape([1, 2, 2]));
        Assert.Throws<ArgumentException>(
            () => sparse.Forward(sparse.Initialize(seed: 1), Tensor.Ones([1, 1, 2, 2]), Contexts.ForLeaves(1)));
    }

    private static (float[] Output, float[] InputGradient, float[] Sums) Pass(
        Parameters parameters, Tensor x, Tensor dy, IMatMul kernel, params int[] leafRows)
    {
        var context = new LayerContext(kernel, leafRows);
        var (y, saved) = Large.Forward(parameters, x, context);
        var (dx, gradient) = Large.Backward(parameters, saved, dy, context);
        return (y.ToArray(), dx!.ToArray(), gradient.Span.ToArray());
    }

    private static (float[] Output, float[] InputGradient) Pooled(Pool2d layer, Tensor x, Tensor dy)
    {
        var context = Contexts.ForLeaves(x.Shape[0]);
        var (y, saved) = layer.Forward(layer.Initialize(0), x, context);
        var (dx, _) = layer.Backward(layer.Initialize(0), saved, dy, context);
        return (y.ToArray(), dx!.ToArray());
    }

    private sealed class Other : IMatMul
    {
        private readonly ManagedMatMul _kernel = new();

        public string Name => "other";

        public void Multiply(
            MatrixView a, MatrixView b, ReadOnlySpan<float> bias, MatrixSpan c, ReadOnlySpan<int> leafRows) =>
            _kernel.Multiply(a, b, bias, c, leafRows);

        public void MultiplyTransposed(MatrixView a, MatrixView b, MatrixSpan c, ReadOnlySpan<int> leafRows) =>
            _kernel.MultiplyTransposed(a, b, c, leafRows);

        public void TransposedMultiply(MatrixView a, MatrixView b, MatrixSpan c, ReadOnlySpan<int> leafRows) =>
            _kernel.TransposedMultiply(a, b, c, leafRows);
    }
}
