using ActorTrain.Core.Tests.Support;
using FsCheck.Xunit;

namespace ActorTrain.Core.Tests.Model;

/// <summary>Laws that every layer must keep, run over one table of all of them.</summary>
public class LayerLawTests
{
    private static readonly (Layer Layer, Shape Example)[] All =
    [
        (new Linear(7, 5), [7]),
        (new Linear(7, 5, Bias: false), [7]),
        (new ReLU(), [6]),
        (new LeakyReLU(0.1f), [6]),
        (new ELU(0.7f), [6]),
        (new Softplus(Beta: 2), [6]),
        (new Sigmoid(), [6]),
        (new Tanh(), [37]),
        (new GELU(), [37]),
        (new SiLU(), [37]),
        (new Softmax(), [6]),
        (new LogSoftmax(), [6]),
        (new LayerNorm(6), [6]),
        (new LayerNorm(4), [3, 4]),
        (new BatchNorm1d(6), [6]),
        (new BatchNorm2d(2, momentum: 0.2f), [2, 3, 4]),
        (new Dropout(), [6]),
        (new Conv2d(2, 3, 3), [2, 5, 6]),
        (new Conv2d(2, 3, 3, Stride: 2, Padding: 1, Bias: false), [2, 5, 6]),
        (new MaxPool2d(2), [2, 5, 6]),
        (new MaxPool2d(3, stride: 1), [2, 5, 6]),
        (new MaxPool2d(3, stride: 2, padding: 1), [2, 5, 6]),
        (new MaxPool2d(2), [1, 11, 13]),
        (new AvgPool2d(2, stride: 1), [2, 5, 6]),
        (new AvgPool2d(3, stride: 2, padding: 1), [2, 5, 6]),
        (new Flatten(), [2, 3, 4]),
        (new Unflatten(2, 3, 4), [24]),
        (new Residual(new Linear(5, 5)), [5]),
        (new Residual(new Sequential(("a", new Linear(5, 3)), ("b", new Tanh()), ("c", new Linear(3, 5)))), [5]),
        (Sequential.Mlp(7, 6, 5, 4), [7]),
        (new Sequential(("a", new Linear(7, 6, Bias: false)), ("b", new ReLU()), ("c", new Linear(6, 2))), [7]),
        (new Sequential(("inner", Sequential.Mlp(7, 6, 5)), ("outer", new Linear(5, 2))), [7]),
        (new Sequential(("conv", new Conv2d(1, 3, 3)), ("relu", new ReLU()), ("last", new Conv2d(3, 2, 2))), [1, 5, 5]),
        (new Sequential(
            ("images", new Unflatten(1, 6, 6)), ("conv1", new Conv2d(1, 2, 3)), ("gelu", new GELU()),
            ("pool", new AvgPool2d(2)), ("flatten", new Flatten()), ("fc", new Linear(8, 3))), [36]),
    ];

    public static TheoryData<int> Layers => [.. Enumerable.Range(0, All.Length)];

    [Theory, MemberData(nameof(Layers))]
    public void Gradients_agree_with_finite_differences(int index)
    {
        var (layer, example) = All[index];
        var parameters = layer.Initialize(seed: 3);
        var input = Uniform(stream: 100, Batch(6, example));
        var context = Contexts.ForLeaves(2, 2, 2);
        var (output, saved) = layer.Forward(parameters, input, context);
        var probe = Uniform(stream: 200, output.Shape);
        var (inputGradient, parameterGradient) = layer.Backward(parameters, saved, probe, context);

        AssertSlopes(input.ToArray(), inputGradient!.Span,
            x => Weighted(layer, parameters, Tensor.From(x, input.Shape), probe), _ => false, "input");
        // In the place of a running statistic's gradient stands what it moves towards.
        var statistics = layer.Layout.Slots.Where(s => s.StatisticMomentum > 0)
            .SelectMany(s => Enumerable.Range(s.Offset, s.Shape.Count)).ToHashSet();
        AssertSlopes(parameters.Span.ToArray(), parameterGradient.Span,
            p => Weighted(layer, new(layer.Layout, FlatVector.From(p)), input, probe), statistics.Contains,
            "parameters");
    }

    [Theory, MemberData(nameof(Layers))]
    public void The_formula_is_the_same_function_with_the_same_gradients(int index)
    {
        var (layer, example) = All[index];
        var parameters = layer.Initialize(seed: 3);
        Tensor[] inputs =
        [
            Uniform(stream: 100, Batch(3, example)), .. layer.Layout.Slots.Select(slot => parameters[slot.Name]),
        ];
        var (expected, pullback) = Grad.Vjp(x => F.Apply(layer, x[0], [.. x.Skip(1)]), inputs);
        var (output, ofFormula) = Grad.Vjp(
            x => layer.Formula(x[0], [.. x.Skip(1)], Contexts.ForLeaves(3)), inputs);
        Close.Assert(expected.ToArray(), output.ToArray(), 1e-5, "output");
        var probe = Uniform(stream: 200, output.Shape);
        foreach (var (slot, theirs, ours) in layer.Layout.Slots.Prepend(default)
            .Zip(pullback(probe), ofFormula(probe)).Where(part => part.First.StatisticMomentum == 0))
            Close.Assert(theirs.ToArray(), ours.ToArray(), 1e-5, $"gradient of {slot.Name ?? "input"}");
    }

    [Theory, MemberData(nameof(Layers))]
    public void Grad_Check_says_that_it_is_right_in_training(int index)
    {
        var check = Grad.Check(All[index].Layer, All[index].Example);
        Assert.True(check.Agrees, check.ToString());
    }

    [Theory, MemberData(nameof(Layers))]
    public void Forward_and_backward_change_nothing_that_they_are_given(int index)
    {
        var (layer, example) = All[index];
        var parameters = layer.Initialize(seed: 3);
        var input = Uniform(stream: 100, Batch(4, example));
        var context = Contexts.ForLeaves(4);
        var (output, saved) = layer.Forward(parameters, input, context);
        var probe = Uniform(stream: 200, output.Shape);
        var (before, outputBefore) = ((parameters.Span.ToArray(), input.ToArray(), probe.ToArray()), output.ToArray());

        layer.Backward(parameters, saved, probe, context);

        Assert.Equal(before.Item1, parameters.Span.ToArray());
        Assert.Equal(before.Item2, input.ToArray());
        Assert.Equal(before.Item3, probe.ToArray());
        Assert.Equal(outputBefore, output.ToArray());
    }

    [Theory, MemberData(nameof(Layers))]
    public void The_shape_rule_tells_the_outputs_shape(int index)
    {
        var (layer, example) = All[index];
        var (output, _) = layer.Forward(
            layer.Initialize(seed: 3), Uniform(stream: 1, Batch(3, example)), Contexts.ForLeaves(3));
        Assert.Equal(Batch(3, layer.OutputShape(example)), output.Shape);
    }

    [Theory, MemberData(nameof(Layers))]
    public void Of_no_rows_it_gives_no_rows_and_a_gradient_of_0(int index)
    {
        var (layer, example) = All[index];
        var (parameters, input) = (layer.Initialize(seed: 3), Tensor.Zeros(Batch(0, example)));
        var context = Contexts.ForLeaves(0);
        var (output, saved) = layer.Forward(parameters, input, context);
        Assert.Equal(Batch(0, layer.OutputShape(example)), output.Shape);
        Assert.Equal(output.Shape, layer.Evaluate(parameters, input, context).Shape);
        var (inputGradient, gradient) = layer.Backward(parameters, saved, output, context);
        Assert.Equal(input.Shape, inputGradient!.Shape);
        Assert.All(gradient.Span.ToArray(), slope => Assert.Equal(0, slope));
        var (value, ofApply) = Grad.ValueAndGrad(x => F.Apply(layer, x, parameters.Tensors()).Sum(), input);
        Assert.Equal((0, input.Shape), (value.Item(), ofApply.Shape));
        Assert.Equal(output.Shape, layer.Formula(input, parameters.Tensors(), context).Shape);
    }

    [Theory, MemberData(nameof(Layers))]
    public void A_row_s_output_and_gradient_have_the_same_bits_alone_and_leaves_add_up_in_the_tree(int index)
    {
        var (layer, example) = All[index];
        var parameters = layer.Initialize(seed: 3);
        var input = Uniform(stream: 100, Batch(5, example));
        var context = Contexts.ForLeaves(2, 2, 1);
        var (output, saved) = layer.Forward(parameters, input, context);
        var probe = Uniform(stream: 200, output.Shape);
        var (inputGradient, gradient) = layer.Backward(parameters, saved, probe, context);
        var leaves = new List<float[]>();
        for (var row = 0; row < 5; row += 2)
        {
            var rows = Math.Min(2, 5 - row);
            var alone = Contexts.ForLeaves(rows);
            var (part, savedPart) = layer.Forward(parameters, input.Rows(row, rows), alone);
            Assert.Equal(output.Rows(row, rows).ToArray(), part.ToArray());
            var (slopes, sums) = layer.Backward(parameters, savedPart, probe.Rows(row, rows), alone);
            Assert.Equal(inputGradient!.Rows(row, rows).ToArray(), slopes!.ToArray());
            leaves.Add(sums.Span.ToArray());
        }
        for (var i = 0; i < layer.Layout.Count; i++)
            Assert.Equal(leaves[0][i] + leaves[1][i] + leaves[2][i], gradient.Span[i]);
    }

    [Theory, MemberData(nameof(Layers))]
    public void A_model_file_says_the_same_layer_again(int index)
    {
        var model = new Sequential(("layer", All[index].Layer));
        Assert.Equal(model, ModelJson.Read(ModelJson.Write(model).ToJsonString()));
    }

    [Property(MaxTest = 30)]
    public bool A_row_has_the_same_bits_whatever_rows_are_beside_it(byte rowSeed)
    {
        var rows = 1 + (rowSeed % 33);
        var model = Sequential.Mlp(784, 128, 64, 10);
        var parameters = model.Initialize(seed: 7);
        var input = Uniform(stream: rowSeed, [rows, 784]);
        var (together, _) = model.Forward(parameters, input, Contexts.ForLeaves(rows));
        return Enumerable.Range(0, rows).All(i =>
            model.Forward(parameters, input.Rows(i, 1), Contexts.ForLeaves(1))
                .Output.Span.SequenceEqual(together.Rows(i, 1).Span));
    }

    private static Shape Batch(int rows, Shape example) => Shape.Create([rows, .. example.ToArray()]);

    private static Tensor Uniform(uint stream, Shape shape)
    {
        var values = new float[shape.Count];
        Philox.FillUniform(5, RandomPurpose.Augmentation, stream, -1, 1, values);
        return Tensor.Own(values, shape);
    }

    // At a kink of ReLU within the step, the two sides have different slopes; the gradient is one of them.
    private static void AssertSlopes(
        float[] at, ReadOnlySpan<float> gradient, Func<float[], double> f, Func<int, bool> isSkipped, string what)
    {
        const float h = 1e-2f;
        const double tolerance = 2e-3;
        var middle = f(at);
        for (var i = 0; i < at.Length; i++)
        {
            var x = at[i];
            at[i] = x + h;
            var right = (f(at) - middle) / (at[i] - x);
            at[i] = x - h;
            var left = (f(at) - middle) / (at[i] - x);
            at[i] = x;
            Assert.True(
                isSkipped(i) || (gradient[i] >= Math.Min(left, right) - tolerance
                    && gradient[i] <= Math.Max(left, right) + tolerance),
                $"{what}[{i}]: gradient {gradient[i]}, slopes {left} and {right}");
        }
    }

    private static double Weighted(Layer layer, Parameters parameters, Tensor input, Tensor probe)
    {
        var (output, _) = layer.Forward(parameters, input, Contexts.ForLeaves(2, 2, 2));
        var sum = 0.0;
        for (var i = 0; i < output.Span.Length; i++) sum += (double)output.Span[i] * probe.Span[i];
        return sum;
    }
}
