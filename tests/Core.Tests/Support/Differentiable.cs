namespace ActorTrain.Core.Tests.Support;

/// <summary>Every operation that has a gradient, as a function of one tensor [3, 4].</summary>
internal static class Differentiable
{
    internal static readonly Tensor X = Tensor.Rand([3, 4], seed: 1) + 0.5f;
    internal static readonly Tensor Y = Tensor.Rand([3, 4], seed: 2) + 0.5f;
    internal static readonly Tensor Row = Tensor.Rand([4], seed: 3) + 0.5f;
    private static readonly int[] Labels = [2, 0, 3];

    internal static readonly Dictionary<string, Func<Tensor, Tensor>> Functions = new()
    {
        ["add"] = x => x + Row,
        ["add to a row"] = x => Y + x.Sum(0),
        ["subtract"] = x => Row - x,
        ["multiply by itself"] = x => x * x,
        ["divide"] = x => x / Row,
        ["divide by"] = x => Row / x,
        ["matmul"] = x => x.MatMul(Y.T()),
        ["matmul on the right"] = x => Y.T().MatMul(x),
        ["exp"] = x => x.Exp(),
        ["log"] = x => x.Log(),
        ["sqrt"] = x => x.Sqrt(),
        ["abs"] = x => (x - 1).Abs(),
        ["pow"] = x => x.Pow(3),
        ["pow 0"] = x => x.Pow(0),
        ["clamp"] = x => x.Clamp(0.7f, 1.2f),
        ["sum"] = x => x.Sum([0, 1], keepDim: true),
        ["mean"] = x => x.Mean(0),
        ["std"] = x => x.Std(1),
        ["max"] = x => x.Max(1).Values,
        ["view"] = x => x.View(2, 6),
        ["reshape"] = x => x.T().Reshape(2, -1),
        ["transpose"] = x => x.View(3, 2, 2).Transpose(0, 2),
        ["resize"] = x => x.Resize([2, 3]),
        ["rows"] = x => x.Rows(1, 2) + x[..2],
        ["narrow"] = x => x.Narrow(1, 1, 2),
        ["select"] = x => x.Select(0, 1),
        ["cat"] = x => Tensor.Cat([x, Y, x], 1),
        ["stack"] = x => Tensor.Stack([x, x * 2], 1),
        ["relu"] = x => F.Relu(x - 1),
        ["sigmoid"] = x => F.Sigmoid(x * 2),
        ["tanh"] = x => F.Tanh(x),
        ["gelu"] = x => F.Gelu(x - 1),
        ["silu"] = x => F.Silu(x - 1),
        ["elu"] = x => F.Elu((x - 1) * 2, alpha: 0.7f),
        ["leaky_relu"] = x => F.LeakyRelu(x - 1, 0.1f),
        ["softplus"] = x => F.Softplus(x - 1, beta: 2, threshold: 0.5f),
        ["softmax 0"] = x => F.Softmax(x, 0),
        ["log_softmax 1"] = x => F.LogSoftmax(x, 1),
        ["linear"] = x => F.Linear(Y, x, Tensor.Ones([3])),
        ["linear's input"] = x => F.Linear(x, Y),
        ["conv2d"] = x => F.Conv2d(x.View(1, 1, 3, 4), Tensor.Rand([2, 1, 2, 2], seed: 5), padding: 1),
        ["conv2d's weight"] = x => F.Conv2d(Tensor.Rand([2, 3, 3, 3], seed: 5), x.View(1, 3, 2, 2)),
        ["max_pool2d"] = x => F.MaxPool2d(x.View(1, 1, 3, 4), 2, stride: 1),
        ["max_pool2d with padding"] = x => F.MaxPool2d(x.View(1, 1, 3, 4), 3, stride: 2, padding: 1),
        ["avg_pool2d with padding"] = x => F.AvgPool2d(x.View(1, 1, 3, 4), 3, stride: 2, padding: 1),
        ["avg_pool2d"] = x => F.AvgPool2d(x.View(1, 1, 3, 4), 2, stride: 1),
        ["layers"] = x => F.Apply(
            new Sequential(("a", new Residual(new LogSoftmax())), ("b", new Unflatten(1, 2, 2)), ("c", new Flatten())),
            x),
        ["batch norm in evaluation"] = x => F.Apply(
            new BatchNorm1d(4), x, Row, Row, Tensor.Zeros([4]), Tensor.Ones([4])),
        ["layer_norm"] = x => F.LayerNorm(x, Row, Row),
        ["batch_norm"] = x => F.BatchNorm(x, BatchStatistics.Initial(4), Row, Row, training: true).Output,
        ["dropout"] = x => F.Dropout(x, 0.5f, seed: 1),
        ["cross entropy"] = x => F.CrossEntropy(x, Labels),
        ["cross entropy, smoothed and weighted"] =
            x => F.CrossEntropy(x, Labels, Reduction.None, 0.2f, [1, 2, 3, 4], ignoreIndex: 0),
        ["nll"] = x => F.NllLoss(x, Labels, Reduction.Sum, [1, 2, 3, 4]),
        ["mse"] = x => F.MseLoss(x, Y),
        ["l1"] = x => F.L1Loss(x, Y, Reduction.Sum),
        ["huber"] = x => F.HuberLoss(x, Y, Reduction.None, delta: 0.2f),
        ["smooth l1"] = x => F.SmoothL1Loss(x, Y, beta: 0.2f),
        ["bce"] = x => F.BinaryCrossEntropy(x / 2, Row.Clamp(0, 1) + Tensor.Zeros([3, 4])),
        ["bce with logits"] = x => F.BinaryCrossEntropyWithLogits(x, Y),
        ["a composition"] = x => (F.Tanh(x.MatMul(Y.T())) * x.Sum()).Exp().Mean(),
    };
}
