using ActorTrain.Core.Tests.Support;

namespace ActorTrain.Core.Tests.Model;

public class LayerReferenceTests
{
    public static TheoryData<string, string> Cases { get; } = new()
    {
        { "linear", "x" }, { "relu", "a" }, { "log_softmax_dim1", "a" }, { "log_softmax_large_logits", "a" },
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
        "linear" => new Linear(reference["params", "weight"].Shape[1], reference["params", "weight"].Shape[0]),
        "relu" => new ReLU(),
        "log_softmax" => new LogSoftmax(),
        _ => throw new ArgumentException($"no layer for {op}", nameof(op)),
    };
}
