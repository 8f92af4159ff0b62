using System.Text.Json;

namespace ActorTrain.Parity;

/// <summary>An optimiser's steps from given gradients: the parameters after each.</summary>
internal static class OptimizerCase
{
    /// <summary>What is different; nothing where all agrees.</summary>
    public static string? Disagreement(JsonElement json)
    {
        var attributes = new Attributes(json.GetProperty("attrs"));
        var rule = new UpdateRule(Optimizer(json.GetProperty("optimizer").GetString()!, attributes));
        attributes.CheckAllAsked();
        var parameters = FlatVector.From(json.GetProperty("initial").Tensor().Span);
        var state = rule.Init(parameters.Count);
        var steps = json.GetProperty("grads").EnumerateArray().Zip(json.GetProperty("trajectory").EnumerateArray());
        foreach (var (gradient, expected) in steps)
        {
            (parameters, state) = Step(rule, parameters, state, gradient.Tensor().ToArray(), rows: 1);
            if (Closeness.Disagreement(
                $"after step {state.Step}, parameters", expected.Tensor(),
                Tensor.From(parameters.Span, [parameters.Count])) is { } different) return different;
        }
        return null;
    }

    /// <summary>One update.</summary>
    public static (FlatVector Parameters, OptimizerState State) Step(
        UpdateRule rule, FlatVector parameters, OptimizerState state, ReadOnlyMemory<float> gradientSum, int rows)
    {
        var update = new ParameterUpdate(
            rule, parameters, state, new TreeSum(new(rows, 1), [new(0, 0)]), [gradientSum], rows, new());
        update.Apply();
        return (update.Parameters, update.State);
    }

    /// <summary>An optimiser by PyTorch's name and arguments.</summary>
    public static Optimizer Optimizer(string name, Attributes a) => name.ToUpperInvariant() switch
    {
        "SGD" => new Sgd(
            a.Number("lr", 0.001f), a.Number("momentum", 0), a.Number("dampening", 0), a.Number("weight_decay", 0),
            a.Flag("nesterov")),
        "ADAM" => new Adam(
            a.Number("lr", 0.001f), Betas(a).First, Betas(a).Second, a.Number("eps", 1e-8f),
            a.Number("weight_decay", 0)),
        "ADAMW" => new AdamW(
            a.Number("lr", 0.001f), Betas(a).First, Betas(a).Second, a.Number("eps", 1e-8f),
            a.Number("weight_decay", 0.01f)),
        "RMSPROP" => new RMSprop(
            a.Number("lr", 0.01f), a.Number("alpha", 0.99f), a.Number("eps", 1e-8f), a.Number("momentum", 0),
            a.Number("weight_decay", 0)),
        "ADAGRAD" => new Adagrad(
            a.Number("lr", 0.01f), a.Number("lr_decay", 0), a.Number("eps", 1e-10f), a.Number("weight_decay", 0)),
        "ADADELTA" => new Adadelta(
            a.Number("lr", 1), a.Number("rho", 0.9f), a.Number("eps", 1e-6f), a.Number("weight_decay", 0)),
        _ => throw new UnknownException($"optimizer {name}"),
    };

    private static (float First, float Second) Betas(Attributes a) => a.Pair("betas", (0.9f, 0.999f));
}
