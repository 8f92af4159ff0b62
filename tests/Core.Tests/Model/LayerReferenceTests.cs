using ActorTrain.Core.Tests.Support;

namespace ActorTrain.Core.Tests.Model;

public class LayerReferenceTests
{
    public static TheoryData<string, string> Cases { get; } = new()
    {
        { "linear", "x" }, { "linear_nobias", "x" }, { "relu", "a" }, { "sigmoid", "a" }, { "tanh", "a" },
        { "gelu", "a" }, { "softplus", "a" }, { "elu", "a" }, { "silu", "a" }, { "leaky_relu", "a" },
        { "softmax_dim1", "a" }, { "softmax_large_logits", "a" }, { "log_softmax_dim1", "a" },
        { "log_softmax_large_logits", "a" }, { "conv2d_s1_p0", "x" }, { "conv2d_s1_p2", "x" }, { "conv2d_s2_p1", "x" },
        { "max_pool2d", "x" }, { "avg_pool2d", "x" }, { "layer_norm", "x" },
    };

    [Theory, MemberData(nameof(Cases))]
    public void Forward_and_backward_agree_with_PyTorch(string name, string inputName)
    {
        var reference = TorchReference.Case(name);
        var layer = Layer(reference.Text("op"), reference);
        var parameters = ParameterPacking.Pack(layer, slot => reference["params", slot]);
        var input = reference["inputs", inputName];
        var context = Contexts.ForLeaves(input.Shape[0]);

        var (output, saved) = layer.Forward(parameters, input, context);
        var (inputGradient, parameterGradient) = layer.Backward(parameters, saved, reference["probe"], context);

        Close.Assert(reference["output"].Span, output.Span, 1e-5, "output");
        Close.Assert(reference["grads", inputName].Span, inputGradient!.Span, 1e-5, "input gradient");
        foreach (var slot in layer.Layout.Slots)
            Close.Assert(
                reference["grads", slot.Name].Span, parameterGradient[slot.Name].Contiguous().Span, 1e-5, slot.Name);
    }

    private static Layer Layer(string op, TorchReference reference) => op switch
    {
        "linear" => new Linear(
            reference["params", "weight"].Shape[1], reference["params", "weight"].Shape[0],
            reference.Has("params", "bias")),
        "relu" => new ReLU(),
        "sigmoid" => new Sigmoid(),
        "tanh" => new Tanh(),
        "gelu" => new GELU(),
        "softplus" => new Softplus(),
        "elu" => new ELU(),
        "silu" => new SiLU(),
        "leaky_relu" => new LeakyReLU(),
        "softmax" => new Softmax(),
        "log_softmax" => new LogSoftmax(),
        "conv2d" => Conv2d(reference["params", "weight"].Shape, reference),
        "max_pool2d" => new MaxPool2d((int)reference.Attribute("kernel"), (int)reference.Attribute("stride")),
        "avg_pool2d" => new AvgPool2d((int)reference.Attribute("kernel"), (int)reference.Attribute("stride")),
        "layer_norm" => new LayerNorm(reference["params", "weight"].Shape[0], reference.Attribute("eps")),
        _ => throw new ArgumentException($"no layer for {op}", nameof(op)),
    };

    private static Conv2d Conv2d(Shape weight, TorchReference reference) => new(
        weight[1], weight[0], weight[2], (int)reference.Attribute("stride"), (int)reference.Attribute("padding"));
}
