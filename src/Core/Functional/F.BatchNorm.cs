namespace ActorTrain;

/// <summary>What batch normalisation has learnt of its inputs so far.</summary>
/// <param name="Mean">[C], PyTorch's <c>running_mean</c>.</param>
/// <param name="Variance">[C], PyTorch's <c>running_var</c>.</param>
public sealed record BatchStatistics(Tensor Mean, Tensor Variance)
{
    /// <summary>Before anything is known: mean 0, variance 1.</summary>
    public static BatchStatistics Initial(int channels) => new(Tensor.Zeros([channels]), Tensor.Ones([channels]));
}

public static partial class F
{
    /// <summary>
    /// Each channel with mean 0 and variance 1 over the batch, then scaled (Ioffe and Szegedy 2015),
    /// y = (x − µ) / √(σ² + ε) · w + b; PyTorch's <c>batch_norm</c>. In training µ and σ² are the batch's, and the
    /// statistics move towards them; elsewhere they are the statistics.
    /// </summary>
    /// <param name="x">[N, C] or [N, C, H, W].</param>
    /// <param name="statistics">So far.</param>
    /// <param name="weight">[C].</param>
    /// <param name="bias">[C].</param>
    /// <param name="training">Whether the batch counts.</param>
    /// <param name="momentum">How far the statistics move towards the batch's, whose variance is a sample's.</param>
    /// <param name="epsilon">ε.</param>
    /// <returns>y, and the statistics after.</returns>
    /// <exception cref="ShapeMismatchException">
    /// Other shapes, or in training a single value for each channel, whose variance is 0.
    /// </exception>
    public static (Tensor Output, BatchStatistics Statistics) BatchNorm(
        Tensor x, BatchStatistics statistics, Tensor weight, Tensor bias, bool training, float momentum = 0.1f,
        float epsilon = 1e-5f)
    {
        if (x.Shape.Rank is not (2 or 4) || x.Shape[1] != weight.Shape.Count)
            throw new ShapeMismatchException(
                "BatchNorm", "input", x.Shape, $"[N, {weight.Shape.Count}] or [N, {weight.Shape.Count}, H, W]",
                "Give as many channels as weights.");
        int[] channels = x.Shape.Rank == 2 ? [1, -1] : [1, -1, 1, 1];
        if (!training)
        {
            var (mean, variance) = (statistics.Mean.View(channels), statistics.Variance.View(channels));
            return (Scaled(x - mean, variance), statistics);
        }
        if (x.Shape.Count == x.Shape[1])
            throw new ShapeMismatchException(
                "BatchNorm", "input", x.Shape, "more than one value for each channel in training", "Give more rows.");
        ReadOnlySpan<int> dims = x.Shape.Rank == 2 ? [0] : [0, 2, 3];
        var centred = x - x.Mean(dims, keepDim: true);
        var ofBatch = (centred * centred).Mean(dims, keepDim: true);
        return (Scaled(centred, ofBatch), Moved(statistics, x.Detach(), dims, ofBatch.Detach(), momentum));

        Tensor Scaled(Tensor centredX, Tensor variance) =>
            (centredX / (variance + epsilon).Sqrt() * weight.View(channels)) + bias.View(channels);
    }

    private static BatchStatistics Moved(
        BatchStatistics statistics, Tensor x, ReadOnlySpan<int> dims, Tensor variance, float momentum)
    {
        var n = (float)x.Shape.Count / x.Shape[1];
        return new(
            Towards(statistics.Mean, x.Mean(dims)), Towards(statistics.Variance, variance.View(-1) * (n / (n - 1))));

        Tensor Towards(Tensor before, Tensor now) => before + ((now - before) * momentum);
    }
}
