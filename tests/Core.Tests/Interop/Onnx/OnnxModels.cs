using Microsoft.ML.OnnxRuntime;

namespace ActorTrain.Core.Tests.Interop.Onnx;

/// <summary>A model of every kind of layer, and what ONNX Runtime makes of it.</summary>
internal static class OnnxModels
{
    /// <summary>Names, layers, and the shape of an example.</summary>
    public static IReadOnlyDictionary<string, (Layer Layer, Shape Example)> All { get; } =
        new Dictionary<string, (Layer, Shape)>
        {
            ["seed"] = (Sequential.Mlp(12, 8, 6, 4), [12]),
            ["linear"] = (new Linear(3, 2), [3]),
            ["no bias"] = (Of(new Linear(5, 3, Bias: false), new ReLU()), [5]),
            ["activations"] = (Of(
                new Linear(6, 5), new LeakyReLU(0.2f), new Linear(5, 5), new ELU(0.7f), new Linear(5, 5), new GELU(),
                new Linear(5, 5), new SiLU(), new Linear(5, 5), new Sigmoid(), new Linear(5, 5), new Tanh(),
                new Linear(5, 5), new Softplus(), new Softmax()), [6]),
            ["softplus"] = (Of(new Softplus(Beta: 2, Threshold: 0.5f)), [6]),
            ["cnn"] = (Of(
                new Unflatten(1, 8, 8), new Conv2d(1, 3, 3, Padding: 1), new BatchNorm2d(3, 1e-3f, 0.2f), new ReLU(),
                new MaxPool2d(2), new Conv2d(3, 4, 2, Stride: 2, Bias: false), new Tanh(), new AvgPool2d(2, 1),
                new Flatten(), new Dropout(0.5f), new Linear(4, 3), new LogSoftmax()), [64]),
            ["padded pools"] = (Of(
                new Unflatten(2, 5, 6), new MaxPool2d(3, 2, 1), new AvgPool2d(3, 1, 1), new Flatten()), [60]),
            ["norms"] = (Of(
                new Linear(4, 6), new BatchNorm1d(6), new LayerNorm(6, 1e-3f), new Linear(6, 2)), [4]),
            ["residuals"] = (Of(
                new Linear(4, 4), new Residual(new Residual(new Linear(4, 4))),
                new Residual(Of(new SiLU(), new Dropout(0.1f), new Linear(4, 4), new SiLU())), new SiLU()), [4]),
            ["dropout last"] = (Of(new Linear(3, 2), new Dropout(0.5f)), [3]),
            ["dropout alone"] = (new Dropout(0.5f), [3]),
        };

    /// <summary>The model with parameters that are nowhere 0 or 1, variances above 0.</summary>
    public static ActorTrain.Model Create(Layer layer)
    {
        var model = ActorTrain.Model.Create(layer, seed: 3);
        return layer.Layout.Slots.Where(s => s.Shape.Rank == 1).Aggregate(
            model, (m, slot) => m.With(slot.Name, Tensor.Rand(slot.Shape, (ulong)slot.Offset) + 0.5f));
    }

    /// <summary>ONNX Runtime's output of a file's model.</summary>
    public static Tensor Run(byte[] file, Tensor input)
    {
        using var session = new InferenceSession(file);
        var sizes = input.Shape.ToArray().Select(s => (long)s).ToArray();
        using var value = OrtValue.CreateTensorValueFromMemory(input.ToArray(), sizes);
        using var options = new RunOptions();
        using var outputs = session.Run(options, session.InputNames, [value], session.OutputNames);
        var shape = Shape.Create([.. outputs[0].GetTensorTypeAndShape().Shape.Select(s => (int)s)]);
        return Tensor.From(outputs[0].GetTensorDataAsSpan<float>(), shape);
    }

    private static Sequential Of(params Layer[] layers) =>
        new(layers.Select((layer, i) => ($"{i}_{layer.GetType().Name}", layer)));
}
