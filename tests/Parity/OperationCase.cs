using System.Collections.Immutable;
using System.Text.Json;

namespace ActorTrain.Parity;

/// <summary>One operation: its output, and the gradient of Σ output·probe for every input and parameter.</summary>
internal static class OperationCase
{
    private static readonly string[] OnLabels = ["cross_entropy", "nll_loss"];

    /// <summary>What is different; nothing where all agrees.</summary>
    public static string? Disagreement(JsonElement json)
    {
        var op = json.GetProperty("op").GetString()!;
        var inputs = json.Entries("inputs").ToList();
        var labels = OnLabels.Contains(op) ? inputs.Single(i => i.Name == "target").Value.Labels() : [];
        if (labels.Length > 0) inputs.RemoveAll(i => i.Name == "target");
        var named = inputs.Concat(json.Entries("params")).Select(i => (i.Name, Tensor: i.Value.Tensor())).ToList();
        var attributes = new Attributes(json.GetProperty("attrs"));

        var (output, pullback) = Grad.Vjp(
            tensors => Apply(op, new(named.Select(n => n.Name), tensors), labels, attributes),
            [.. named.Select(n => n.Tensor)]);
        attributes.CheckAllAsked();
        if (Closeness.Disagreement("output", json.GetProperty("output").Tensor(), output) is { } different)
            return different;
        var gradients = pullback(json.GetProperty("probe").Tensor());
        return json.Entries("grads").Select(theirs => Closeness.Disagreement(
                $"gradient of {theirs.Name}", theirs.Value.Tensor(),
                gradients[named.FindIndex(n => n.Name == theirs.Name)]))
            .FirstOrDefault(d => d is not null);
    }

    private static Tensor Apply(string op, Inputs x, int[] labels, Attributes a) => op switch
    {
        "mm" or "matmul" => x["a"].MatMul(x["b"]),
        "add" => x["a"] + x["b"],
        "sub" => x["a"] - x["b"],
        "mul" => x["a"] * x["b"],
        "div" => x["a"] / x["b"],
        "sum" => a.Wholes("dim") is { Length: > 0 } dims ? x["a"].Sum(dims, a.Flag("keepdim")) : x["a"].Sum(),
        "mean" => a.Wholes("dim") is { Length: > 0 } dims ? x["a"].Mean(dims, a.Flag("keepdim")) : x["a"].Mean(),
        "view" or "reshape" => x["a"].Reshape(a.Wholes("shape")),
        "t" => x["a"].T(),
        "exp" => x["a"].Exp(),
        "log" => x["a"].Log(),
        "sqrt" => x["a"].Sqrt(),
        "abs" => x["a"].Abs(),
        _ => Activation(op, x, a) ?? Layer(op, x, a) ?? Loss(op, x, labels, a)
            ?? throw new UnknownException($"operation {op}"),
    };

    private static Tensor? Activation(string op, Inputs x, Attributes a) => op switch
    {
        "sigmoid" => F.Sigmoid(x["a"]),
        "tanh" => F.Tanh(x["a"]),
        "relu" => F.Relu(x["a"]),
        "gelu" => F.Gelu(x["a"]),
        "silu" => F.Silu(x["a"]),
        "elu" => F.Elu(x["a"], a.Number("alpha", 1)),
        "leaky_relu" => F.LeakyRelu(x["a"], a.Number("negative_slope", 0.01f)),
        "softplus" => F.Softplus(x["a"], a.Number("beta", 1), a.Number("threshold", 20)),
        "softmax" => F.Softmax(x["a"], a.Whole("dim", -1)),
        "log_softmax" => F.LogSoftmax(x["a"], a.Whole("dim", -1)),
        _ => null,
    };

    private static Tensor? Layer(string op, Inputs x, Attributes a) => op switch
    {
        "linear" => a.Text("weight_layout", "out,in") == "out,in"
            ? F.Linear(x["x"], x["weight"], x.Find("bias"))
            : throw new UnknownException("weight layout but out,in"),
        "conv2d" => F.Conv2d(x["x"], x["weight"], x.Find("bias"), a.Whole("stride", 1), a.Whole("padding", 0)),
        "max_pool2d" => F.MaxPool2d(
            x["x"], a.Whole("kernel", 0), a.Whole("stride", a.Whole("kernel", 0)), a.Whole("padding", 0)),
        "avg_pool2d" => F.AvgPool2d(
            x["x"], a.Whole("kernel", 0), a.Whole("stride", a.Whole("kernel", 0)), a.Whole("padding", 0)),
        "layer_norm" => F.LayerNorm(x["x"], x["weight"], x["bias"], a.Number("eps", 1e-5f)),
        "batch_norm" => F.BatchNorm(
            x["x"],
            a.Tensor("running_mean") is { } mean && a.Tensor("running_var") is { } variance
                ? new(mean, variance)
                : BatchStatistics.Initial(x["weight"].Shape.Count),
            x["weight"], x["bias"], a.Flag("training"), epsilon: a.Number("eps", 1e-5f)).Output,
        _ => null,
    };

    private static Tensor? Loss(string op, Inputs x, int[] labels, Attributes a)
    {
        var reduction = Enum.Parse<Reduction>(a.Text("reduction", "mean"), ignoreCase: true);
        return op switch
        {
            "cross_entropy" => F.CrossEntropy(
                x["input"], labels, reduction, a.Number("label_smoothing", 0), Weight(), a.Whole("ignore_index", -100)),
            "nll_loss" => F.NllLoss(x["input"], labels, reduction, Weight(), a.Whole("ignore_index", -100)),
            "mse_loss" => F.MseLoss(x["input"], x["target"], reduction),
            "l1_loss" => F.L1Loss(x["input"], x["target"], reduction),
            "smooth_l1_loss" => F.SmoothL1Loss(x["input"], x["target"], reduction, a.Number("beta", 1)),
            "huber_loss" => F.HuberLoss(x["input"], x["target"], reduction, a.Number("delta", 1)),
            "binary_cross_entropy" => F.BinaryCrossEntropy(x["input"], x["target"], reduction),
            "binary_cross_entropy_with_logits" =>
                F.BinaryCrossEntropyWithLogits(x["input"], x["target"], reduction),
            _ => null,
        };

        ImmutableArray<float> Weight() => a.Tensor("weight") is { } weight ? [.. weight.ToArray()] : default;
    }

    /// <summary>The tensors that the operation is given, by name.</summary>
    private sealed class Inputs(IEnumerable<string> names, IReadOnlyList<Tensor> tensors)
    {
        private readonly List<string> _names = [.. names];

        public Tensor this[string name] => Find(name) ?? throw new UnknownException($"input {name} in this case");

        public Tensor? Find(string name) => _names.IndexOf(name) is >= 0 and var index ? tensors[index] : null;
    }
}
