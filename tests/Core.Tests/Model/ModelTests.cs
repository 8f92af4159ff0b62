using ActorTrain.Core.Tests.Support;

namespace ActorTrain.Core.Tests.Model;

public class ModelTests
{
    private static readonly ActorTrain.Model Mlp = ActorTrain.Model.Create(Sequential.Mlp(4, 3, 2), seed: 7);

    [Fact]
    public void Parts_are_found_by_name_and_place_with_their_parameters()
    {
        Assert.Equal([3, 4], Mlp["fc1"].Weight.Shape);
        Assert.Equal(Mlp.Parameters["fc2.bias"].ToArray(), Mlp[2].Bias.ToArray());
        Assert.Equal(new LogSoftmax(), Mlp[^1].Layer);
        Assert.Equal(Mlp["fc1"].Weight.ToArray(), Mlp[0].Weight.ToArray());
        Assert.Equal(Mlp.Layer.ToString(), Mlp.ToString());
    }

    [Fact]
    public void It_is_a_function_as_its_layers_are()
    {
        var x = Tensor.Randn([5, 4], seed: 1);
        var expected = F.LogSoftmax(
            F.Linear(
                F.Relu(F.Linear(x, Mlp["fc1"].Weight, Mlp["fc1"].Bias)), Mlp["fc2"].Weight, Mlp["fc2"].Bias), dim: 1);
        Close.Assert(expected.Span, Mlp.Forward(x).Span, 1e-6, "output");
        Assert.Equal(Mlp.Forward(x).ToArray(), Mlp.Forward(x.T().Contiguous().T()).ToArray());
    }

    [Fact]
    public void Another_weight_makes_another_model()
    {
        var weight = Tensor.Arange(12).View(3, 4);
        var other = Mlp.With("fc1.weight", weight);
        Assert.Equal(weight.ToArray(), other["fc1"].Weight.ToArray());
        Assert.Equal(Mlp["fc2"].Weight.ToArray(), other["fc2"].Weight.ToArray());
        Assert.NotEqual(weight.ToArray(), Mlp["fc1"].Weight.ToArray());
        Assert.NotEqual(Mlp, other);
        Assert.Equal(Mlp, other.With("fc1.weight", Mlp["fc1"].Weight));
        Assert.Equal([7, 7, 7], ActorTrain.Model.Create(
            Mlp.Layer, 1, new((new NamePatterns("fc1.bias"), new Constant(7))))["fc1"].Bias.ToArray());
    }

    [Fact]
    public void A_summary_tells_shapes_parameters_and_memory()
    {
        var model = new Sequential(
            ("images", new Unflatten(1, 28, 28)),
            ("block", new Sequential(("conv", new Conv2d(1, 6, 5)), ("norm", new BatchNorm2d(6)))),
            ("same", new Residual(new Conv2d(6, 6, 3, Padding: 1, Bias: false))), ("pool", new MaxPool2d(2)),
            ("flatten", new Flatten()), ("fc", new Linear(864, 10)));
        Assert.Equal(
            """
            Layer       Type         Output          Parameters
            images      Unflatten    [N, 1, 28, 28]           0
            block.conv  Conv2d       [N, 6, 24, 24]         156
            block.norm  BatchNorm2d  [N, 6, 24, 24]          24
            same.body   Conv2d       [N, 6, 24, 24]         324
            same        Residual     [N, 6, 24, 24]           0
            pool        MaxPool2d    [N, 6, 12, 12]           0
            flatten     Flatten      [N, 864]                 0
            fc          Linear       [N, 10]               8650
            9154 parameters, 9142 of them trained, 35.8 KiB
            """.ReplaceLineEndings("\n"), ActorTrain.Model.Create(model, seed: 1).Summary([784]));
        Assert.StartsWith(
            "images: Unflatten", Assert.Throws<ShapeMismatchException>(() => ModelSummary.Of(model, [100])).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Mistakes_are_named_with_their_mend()
    {
        Assert.Equal(
            "No layer is named 'fc9'; there are fc1, relu1, fc2, log_softmax.",
            Assert.Throws<KeyNotFoundException>(() => Mlp["fc9"]).Message);
        Assert.StartsWith(
            "Model: there is no layer 4; give 0 to 3.",
            Assert.Throws<ArgumentOutOfRangeException>(() => Mlp[4]).Message, StringComparison.Ordinal);
        Assert.Equal(
            "Model: ReLU() has no parts; only a Sequential has.",
            Assert.Throws<InvalidOperationException>(() => Mlp[1][0]).Message);
        Assert.Throws<KeyNotFoundException>(() => Mlp["relu1"].Weight);
        Assert.Equal(
            "With: fc1.bias has shape [2], expected [3]. Give the parameter's shape.",
            Assert.Throws<ShapeMismatchException>(() => Mlp.With("fc1.bias", Tensor.Zeros([2]))).Message);
        Assert.StartsWith(
            "Model: ReLU() has 0 parameters, those given have another layout; give its own.",
            Assert.Throws<ArgumentException>(() => new ActorTrain.Model(new ReLU(), Mlp.Parameters)).Message,
            StringComparison.Ordinal);
    }
}
