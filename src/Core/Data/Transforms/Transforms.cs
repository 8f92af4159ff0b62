using System.Collections.Immutable;

namespace ActorTrain;

/// <summary>Puts transforms together, as PyTorch's <c>torchvision.transforms</c>.</summary>
public static class Transforms
{
    /// <summary>One transform after another.</summary>
    /// <exception cref="ArgumentException">More than 256.</exception>
    public static Compose Compose(params ReadOnlySpan<Transform> transforms) => new([.. transforms]);
}

/// <summary>One transform after another; each draws random numbers of its own place.</summary>
public sealed record Compose : Transform
{
    private const int Most = byte.MaxValue + 1;

    /// <summary>The transforms in this order; those of a <see cref="Compose"/> among them stand in its place.</summary>
    /// <exception cref="ArgumentException">More than 256.</exception>
    public Compose(ImmutableArray<Transform> transforms)
    {
        Parts = [.. transforms.SelectMany(t => t is Compose compose ? compose.Parts : [t])];
        if (Parts.Length > Most)
            throw new ArgumentException(
                $"Compose: {Parts.Length} transforms; give at most {Most}.", nameof(transforms));
    }

    /// <summary>The transforms, none of them a <see cref="Compose"/>.</summary>
    public ImmutableArray<Transform> Parts { get; }

    /// <inheritdoc/>
    public override Tensor Apply(Tensor input, SampleKey key)
    {
        for (var i = 0; i < Parts.Length; i++) input = Parts[i].Apply(input, key with { Place = (byte)i });
        return input;
    }

    /// <summary>Equal when the transforms are.</summary>
    public bool Equals(Compose? other) => other is not null && Parts.SequenceEqual(other.Parts);

    /// <inheritdoc/>
    public override int GetHashCode() => Parts.Aggregate(0, HashCode.Combine);
}
