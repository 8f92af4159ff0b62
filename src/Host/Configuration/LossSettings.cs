using System.Collections.Immutable;

namespace ActorTrain.Host.Configuration;

/// <summary>What the configuration says about the loss; what it leaves open is null.</summary>
internal sealed record LossSettings
{
    public float? LabelSmoothing { get; init; }
    public IReadOnlyList<float>? ClassWeights { get; init; }
    public int? IgnoreLabel { get; init; }

    /// <summary>The settings of a configuration; the reader collects what is not allowed.</summary>
    public static LossSettings Read(SettingsReader reader) => new()
    {
        LabelSmoothing = reader.Number("LabelSmoothing", "a number from 0, below 1", x => x is >= 0 and < 1),
        ClassWeights = reader.Numbers(
            "ClassWeights", count: null, "a number from 0 for each class, with commas between them",
            x => x >= 0 && float.IsFinite(x)),
        IgnoreLabel = reader.Whole("IgnoreLabel", 0, byte.MaxValue),
    };

    /// <summary>A loss with what these settings say.</summary>
    /// <exception cref="UsageException">It has no label smoothing.</exception>
    public Loss Over(Loss loss) => loss switch
    {
        NLLLoss when LabelSmoothing > 0 => throw new UsageException(
            $"Training:LabelSmoothing (--label-smoothing) is '{LabelSmoothing}'; give it with a model file that ends "
            + "in logits: this model ends in log-probabilities."),
        NLLLoss l => new NLLLoss(Weights(l.Weight), IgnoreLabel ?? l.IgnoreIndex),
        CrossEntropyLoss l => new CrossEntropyLoss(
            LabelSmoothing ?? l.LabelSmoothing, Weights(l.Weight), IgnoreLabel ?? l.IgnoreIndex),
        _ => loss,
    };

    private ImmutableArray<float> Weights(ImmutableArray<float> otherwise) =>
        ClassWeights is null ? otherwise : [.. ClassWeights];
}
