using System.Globalization;
using ActorTrain.Core.Tests.Support;

namespace ActorTrain.Core.Tests.Tensors;

/// <summary>What <c>Grad.Check</c> says of right gradients and of wrong ones.</summary>
public class GradCheckTests
{
    public static TheoryData<string> Names => [.. Differentiable.Functions.Keys];

    [Theory, MemberData(nameof(Names))]
    public void Every_operations_gradient_agrees(string name)
    {
        var check = Grad.Check(x => Differentiable.Functions[name](x[0]), Differentiable.X);
        Assert.True(check.Agrees, check.ToString());
        Assert.Equal(12, Assert.Single(check.Inputs).Compared);
    }

    [Fact]
    public void Which_input_and_which_element_is_wrong_is_said_with_both_values()
    {
        Tensor[] inputs = [Tensor.From([1, 2, 3, 4], [2, 2]), Tensor.From([5, 6], [2])];
        // The second input's share is detached: its gradient is 0.
        var check = Grad.Check(x => x[0].Sum() * 0 + x[0] + (x[1].Detach() * Tensor.From([0, 3], [2])), inputs);
        Assert.False(check.Agrees);
        Assert.True(check.Inputs[0].Agrees);
        var (wrong, lines) = (check.Inputs[1], check.ToString().Split('\n'));
        Assert.Equal(("input 1", 2, 1, Shape.Create([1])), (wrong.Name, wrong.Compared, wrong.Wrong, wrong.Element));
        Assert.Equal(0, wrong.Gradient);
        Assert.Equal(
            $"input 1 [2]: 1 of 2 elements are wrong; the worst is [1]: gradient 0, by differences "
            + wrong.Difference.ToString("G6", CultureInfo.InvariantCulture),
            lines[1]);
    }

    [Fact]
    public void A_kink_is_no_mistake_but_a_slope_of_neither_side_is()
    {
        var x = Tensor.From([0, 1e-4f, -1e-4f, 0.4999f], [4]);
        Assert.True(Grad.Check(at => F.Relu(at[0]) + at[0].Clamp(-0.5f, 0.5f), x).Agrees);
        Assert.True(Grad.Check(at => at[0].Abs(), x).Agrees);
        Assert.False(Grad.Check(at => Trace.Of(F.Relu(at[0].Detach()), at[0], dy => dy * 0.25f), x).Agrees);
    }

    [Fact]
    public void A_layers_input_and_every_parameter_are_checked_but_not_running_statistics()
    {
        Assert.Equal(
            ["input", "weight", "bias"], Grad.Check(new BatchNorm1d(3), [3]).Inputs.Select(input => input.Name));
        var check = Grad.Check(
            new Scaled(WrongInput: false, WrongScale: true), [3], GradCheckOptions.Default with { MostElements = 5 });
        Assert.Equal([("input", 5, true), ("scale", 1, false)],
            check.Inputs.Select(input => (input.Name, input.Compared, input.Agrees)));
        Assert.Equal(check.Inputs[1].Difference * 2, check.Inputs[1].Gradient, 2e-3);
        Assert.False(Grad.Check(new Scaled(WrongInput: true, WrongScale: false), [3]).Inputs[0].Agrees);
        Assert.True(Grad.Check(new Scaled(WrongInput: false, WrongScale: false), [3]).Agrees);
    }

    [Fact]
    public void Losses_are_checked_and_a_wrong_one_is_found()
    {
        Assert.True(Grad.Check(new CrossEntropyLoss(0.1f), 5).Agrees);
        Assert.True(Grad.Check(new NLLLoss(), 1).Agrees);
        Assert.True(Grad.Check(x => new HuberLoss().Of(x[0], x[1]), Differentiable.X, Differentiable.Y).Agrees);
        Assert.False(Grad.Check(new Negated(), 5).Agrees);
    }

    [Fact]
    public void A_gradient_that_is_not_finite_is_wrong_and_one_of_another_shape_is_an_error()
    {
        Assert.False(Grad.Check(x => Trace.Of(x[0].Detach(), x[0], dy => dy * float.NaN), Tensor.Ones([2])).Agrees);
        Assert.Equal(
            "Grad.Check: gradient of input 0 has shape [1], expected [2]. Give the input's shape.",
            Assert.Throws<ShapeMismatchException>(() => Grad.Check(
                x => Trace.Of(x[0].Detach(), x[0], dy => dy.Narrow(0, 0, 1)), Tensor.Ones([2]))).Message);
    }

    // y = s·x
    private sealed record Scaled(bool WrongInput, bool WrongScale) : Layer
    {
        public override ParameterLayout Layout => ParameterLayout.Of(("scale", [1], false));

        public override Shape OutputShape(Shape input) => input;

        public override void Initialize(ulong seed, int offset, ParameterBuffer parameters) => parameters.Span[0] = 1;

        public override (Tensor Output, Saved Saved) Forward(
            Parameters parameters, Tensor input, LayerContext context) => (input * parameters["scale"], new(input));

        public override (Tensor? InputGradient, Parameters ParameterGradient) Backward(
            Parameters parameters, Saved saved, Tensor outputGradient, LayerContext context)
        {
            var gradient = context.TakeGradient(Layout);
            gradient.Span[0] = (outputGradient * saved.Tensor!).Sum().Item() * (WrongScale ? 2 : 1);
            return (outputGradient * parameters["scale"] * (WrongInput ? 1.1f : 1), gradient.Freeze());
        }
    }

    private sealed record Negated : Loss
    {
        public override (Tensor RowLosses, Tensor OutputGradient) ValueAndGradient(
            Tensor output, ReadOnlySpan<int> labels, LayerContext context)
        {
            var (losses, gradient) = new CrossEntropyLoss().ValueAndGradient(output, labels, context);
            return (losses, -gradient);
        }
    }
}
