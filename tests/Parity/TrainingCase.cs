using System.Globalization;
using System.Text.Json;
using ActorTrain.Kernels;

namespace ActorTrain.Parity;

/// <summary>A small network on one batch: first gradients, losses before each step, parameters at the end.</summary>
internal static class TrainingCase
{
    /// <summary>What is different; nothing where all agrees.</summary>
    public static string? Disagreement(JsonElement json)
    {
        var model = Model(json.GetProperty("layers").GetString()!);
        var loss = Loss(json.GetProperty("loss").GetString()!);
        var (optimizer, arguments) = json.Entries("optimizer").Single();
        var rule = new UpdateRule(OptimizerCase.Optimizer(optimizer, new(arguments)));
        var (x, labels) = (json.GetProperty("x").Tensor(), json.GetProperty("target").Labels());
        var vector = Pack(model, json.GetProperty("initial"));
        var state = rule.Init(vector.Count);
        var context = new LayerContext(new ManagedMatMul(), new[] { labels.Length });
        var losses = new List<double>();
        double[] theirLosses = [.. json.GetProperty("losses").EnumerateArray().Select(e => e.GetDouble())];
        for (var step = 0; step < theirLosses.Length; step++)
        {
            var sum = Gradients.Of(model, loss, new(model.Layout, vector), x, labels, context);
            losses.Add(sum.LossSum / sum.Rows);
            if (step == 0 && Different(
                "first gradient of", json, "first_gradients", name => sum.Gradient[name] / sum.Rows) is { } first)
                return first;
            (vector, state) = OptimizerCase.Step(rule, vector, state, sum.Gradient.Memory, sum.Rows);
        }
        return Closeness.Disagreement("loss before step", theirLosses, [.. losses], Closeness.TrainingTolerance)
            ?? Different("at the end,", json, "final", name => new Parameters(model.Layout, vector)[name]);
    }

    private static string? Different(string what, JsonElement json, string part, Func<string, Tensor> ours) =>
        json.Entries(part)
            .Select(theirs => Closeness.Disagreement(
                $"{what} {theirs.Name}", theirs.Value.Tensor(), ours(theirs.Name), Closeness.TrainingTolerance))
            .FirstOrDefault(d => d is not null);

    private static FlatVector Pack(Sequential model, JsonElement initial)
    {
        var vector = new float[model.Layout.Count];
        foreach (var slot in model.Layout.Slots)
        {
            var tensor = initial.GetProperty(slot.Name).Tensor();
            (slot.StoredTransposed ? tensor.T() : tensor).ToArray().CopyTo(vector, slot.Offset);
        }
        return FlatVector.From(vector);
    }

    private static Sequential Model(string layers) => new(layers.Split(' ').Select(
        (text, i) => (i.ToString(CultureInfo.InvariantCulture), Layer(text))));

    private static Layer Layer(string text)
    {
        var parts = text.TrimEnd(')').Split('(', ',');
        return parts[0] switch
        {
            "Linear" => new Linear(Number(1), Number(2)),
            "ReLU" => new ReLU(),
            "Sigmoid" => new Sigmoid(),
            "Tanh" => new Tanh(),
            "GELU" => new GELU(),
            "LogSoftmax" => new LogSoftmax(),
            _ => throw new UnknownException($"layer {text}"),
        };

        int Number(int index) => int.Parse(parts[index], CultureInfo.InvariantCulture);
    }

    private static Loss Loss(string name) => name switch
    {
        "NLLLoss" => new NLLLoss(),
        "CrossEntropyLoss" => new CrossEntropyLoss(),
        _ => throw new UnknownException($"loss {name}"),
    };
}
