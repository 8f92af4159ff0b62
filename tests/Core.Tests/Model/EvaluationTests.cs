using System.Runtime.Intrinsics;
using ActorTrain.Kernels;
using PropertyAttribute = FsCheck.Xunit.PropertyAttribute;

namespace ActorTrain.Core.Tests.Model;

public class EvaluationTests
{
    [Property(MaxTest = 150)]
    public void Any_convolutions_in_groups_of_images_have_the_bits_of_layer_after_layer(int seed)
    {
        var random = new Random(seed);
        var (model, input) = (Network(random), Shape.Create([random.Next(1, 31), 3, 17, 14]));
        var parameters = Parameters(model, random);
        var x = Tensor.Randn(input, seed: (ulong)seed);
        var before = x.Span.ToArray();
        var expected = LayerByLayer(model, parameters, x);
        var packed = new PackedWeights();
        Assert.Equal(expected, Evaluated(model, parameters, x));
        Assert.Equal(expected, Evaluated(model, parameters, x, packed));
        Assert.Equal(expected, Evaluated(model, parameters, x, packed));
        Assert.Equal(before, x.Span.ToArray());
    }

    [Fact]
    public void What_is_no_number_goes_the_way_of_layer_after_layer()
    {
        var rectified = new Sequential(
            new Conv2d(1, 16, 2), new BatchNorm2d(16), new MaxPool2d(2), new ReLU(), new Conv2d(16, 8, 1),
            new ReLU(), new MaxPool2d(2));
        var model = new Sequential(
            new Conv2d(1, 16, 2), new MaxPool2d(2), new BatchNorm2d(16), new Conv2d(16, 8, 1), new MaxPool2d(2));
        float[] strange = [float.NaN, float.PositiveInfinity, float.NegativeInfinity, -0f, 0, 1e-40f, 3e38f];
        var random = new Random(1);
        var pixels = new float[6 * 81];
        for (var i = 0; i < pixels.Length; i++) pixels[i] = i < 243 && i % 29 == 0 ? strange[i % 7] : i % 11;
        var x = Tensor.From(pixels, [6, 1, 9, 9]);
        var (parameters, ofRectified) = (Parameters(model, random), Parameters(rectified, random));
        var expected = LayerByLayer(model, parameters, x);
        Assert.Contains(expected, float.IsNaN);
        Assert.Contains(expected, float.IsFinite);
        Assert.Equal(expected, Evaluated(model, parameters, x));
        Assert.Equal(LayerByLayer(rectified, ofRectified, x), Evaluated(rectified, ofRectified, x));
    }

    [Fact]
    public void All_vector_widths_have_the_same_bits()
    {
        var model = new Sequential(
            new Conv2d(2, 21, 3, Bias: false), new ReLU(), new MaxPool2d(2), new BatchNorm2d(21),
            new Conv2d(21, 10, 2, Stride: 2), new BatchNorm2d(10));
        var (parameters, x) = (Parameters(model, new(3)), Tensor.Randn([7, 2, 15, 12], seed: 4));
        var chain = new ConvolutionChain(
        [
            new((Conv2d)model[0], 0, new(null, 0, true), (MaxPool2d)model[2], new((BatchNorm)model[3], 3, false)),
            new((Conv2d)model[4], 4, new((BatchNorm)model[5], 5, false), null, default),
        ]);
        Patches[] windows = [new(2, 15, 12, 3, 1), new(21, 6, 5, 2, 2)];
        var expected = LayerByLayer(model, parameters, x);
        Assert.Equal(expected, Run(ConvolutionPass<Lanes512, Vector512<float>>.Run));
        Assert.Equal(expected, Run(ConvolutionPass<Lanes256, Vector256<float>>.Run));
        Assert.Equal(expected, Run(ConvolutionPass<Lanes128, Vector128<float>>.Run));
        Assert.Equal(expected, Run(ConvolutionPass<LanesScalar, float>.Run));

        float[] Run(Pass pass)
        {
            var y = new float[expected.Length];
            pass(chain, windows, parameters, null, x.Span, y);
            return y;
        }
    }

    [Fact]
    public void A_model_keeps_its_packed_weights_and_one_with_others_has_its_own()
    {
        var layers = new Sequential(new Conv2d(1, 16, 3), new ReLU());
        var x = Tensor.Randn([2, 1, 8, 8], seed: 1);
        var (model, other) = (ActorTrain.Model.Create(layers, seed: 1), ActorTrain.Model.Create(layers, seed: 2));
        for (var i = 0; i < 2; i++)
            foreach (var m in new[] { model, other })
                Assert.Equal(LayerByLayer(layers, m.Parameters, x), m.Forward(x).Span.ToArray());
    }

    [Fact]
    public void A_damaged_pixel_or_weight_is_NaN_in_the_answer()
    {
        var x = Tensor.From([.. Enumerable.Range(0, 64).Select(i => i == 9 ? float.NaN : 1f)], [1, 1, 8, 8]);
        var convolution = new Sequential(new Conv2d(1, 16, 3), new ReLU(), new MaxPool2d(2), new Flatten());
        var linear = new Sequential(new Flatten(), new Linear(64, 20), new ReLU(), new Linear(20, 3));
        foreach (var layers in new[] { convolution, linear })
        {
            var model = ActorTrain.Model.Create(layers, seed: 1);
            Assert.Contains(model.Forward(x).ToArray(), float.IsNaN);
            Assert.Contains(LayerByLayer(layers, model.Parameters, x), float.IsNaN);
        }
    }

    [Fact]
    public void Images_that_do_not_fit_are_an_error_that_names_the_layer()
    {
        var model = new Sequential(new Conv2d(2, 16, 3), new MaxPool2d(2), new BatchNorm2d(8));
        var parameters = model.Initialize(seed: 1);
        var channels = Assert.Throws<ShapeMismatchException>(
            () => Evaluated(model, parameters, Tensor.Zeros([1, 1, 8, 8])));
        Assert.StartsWith("Conv2d(2, 16, 3)", channels.Message, StringComparison.Ordinal);
        var features = Assert.Throws<ShapeMismatchException>(
            () => Evaluated(model, parameters, Tensor.Zeros([1, 2, 8, 8])));
        Assert.StartsWith("BatchNorm2d(8)", features.Message, StringComparison.Ordinal);
        Assert.Throws<ShapeMismatchException>(() => Evaluated(model, parameters, Tensor.Zeros([1, 2, 3, 3])));
    }

    [Fact]
    public void What_lies_between_convolutions_is_an_error_where_an_int_does_not_count_it()
    {
        // 1.24e9 floats behind each of the first two, 16 behind the last.
        var model = new Sequential(
            new Conv2d(1, 1024, 1, Bias: false), new Conv2d(1024, 1024, 1, Bias: false),
            new Conv2d(1024, 16, 1, Stride: 1100, Bias: false));
        Assert.Throws<OverflowException>(
            () => Evaluated(model, model.Initialize(seed: 1), Tensor.Zeros([1, 1, 1100, 1100])));
    }

    private delegate void Pass(
        ConvolutionChain chain, ReadOnlySpan<Patches> windows, Parameters parameters, PackedWeights? kept,
        ReadOnlySpan<float> x, Span<float> y);

    // Takes [3, 17, 14]: up to three convolutions, each with some of what may follow it, and a residual.
    private static Sequential Network(Random random)
    {
        List<Layer> layers = [];
        Shape shape = [3, 17, 14];
        for (var i = random.Next(1, 4); i > 0; i--)
        {
            var side = Math.Min(shape[1], shape[2]);
            Add(new Conv2d(
                shape[0], random.Next(1, 40), random.Next(1, Math.Min(5, side) + 1), random.Next(1, 3),
                Padding: random.Next(5) == 0 ? 1 : 0, Bias: random.Next(2) == 0));
            if (random.Next(2) == 0) Add(new BatchNorm2d(shape[0]));
            if (random.Next(2) == 0) Add(new ReLU());
            if (random.Next(3) > 0 && Math.Min(shape[1], shape[2]) >= 2) Add(new MaxPool2d(2));
            if (random.Next(2) == 0) Add(new BatchNorm2d(shape[0]));
            if (random.Next(2) == 0) Add(new ReLU());
            if (random.Next(5) == 0) Add(new Residual(new Sequential(new Conv2d(shape[0], shape[0], 1), new ReLU())));
        }
        Add(new Flatten());
        return new(layers);

        void Add(Layer layer)
        {
            layers.Add(layer);
            shape = layer.OutputShape(shape);
        }
    }

    // Statistics that are not those of a new model.
    private static Parameters Parameters(Sequential model, Random random)
    {
        var values = model.Initialize(seed: 5).Span.ToArray();
        for (var i = 0; i < values.Length; i++) values[i] = (values[i] * 0.9f) + (0.2f * random.NextSingle());
        return new(model.Layout, FlatVector.From(values));
    }

    private static float[] LayerByLayer(Sequential model, Parameters parameters, Tensor x)
    {
        for (var i = 0; i < model.Layers.Length; i++)
            x = model[i].Forward(parameters.Child(i), x, new(new ManagedMatMul(), new[] { x.Shape[0] })).Output;
        return x.Span.ToArray();
    }

    private static float[] Evaluated(Sequential model, Parameters parameters, Tensor x, PackedWeights? packed = null) =>
        model.Evaluate(parameters, x, new(new ManagedMatMul(), new[] { x.Shape[0] }, packed: packed)).Span.ToArray();
}
