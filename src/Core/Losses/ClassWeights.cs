using System.Collections.Immutable;

namespace ActorTrain;

/// <summary>What a loss on labels counts: checks, weights of classes, and labels that do not count.</summary>
/// <param name="Loss">Names the loss in errors.</param>
/// <param name="Weight">Of each class; none: 1 of all.</param>
/// <param name="IgnoreIndex">The label of rows that do not count.</param>
/// <param name="Scale">A factor of all weights.</param>
internal readonly record struct ClassWeights(string Loss, ImmutableArray<float> Weight, int IgnoreIndex, float Scale)
{
    /// <summary>The weight of a class.</summary>
    public float Of(int c) => Weight.IsDefaultOrEmpty ? Scale : Scale * Weight[c];

    /// <summary>False where each row has the weight 1.</summary>
    public bool Matter(ReadOnlySpan<int> labels) =>
        !Weight.IsDefaultOrEmpty || Scale != 1 || labels.Contains(IgnoreIndex);

    /// <summary>
    /// The factor that makes a sum over a minibatch's rows, divided by their number, their mean by weight; 0 where none
    /// counts.
    /// </summary>
    public float ScaleOver(ReadOnlySpan<int> labels)
    {
        var divisor = Divisor(labels);
        return divisor > 0 ? (float)(labels.Length / divisor) : 0;
    }

    /// <summary>One sentence for each class weight that a run can't have.</summary>
    public IEnumerable<string> Errors() => Weight.IsDefaultOrEmpty
        ? []
        : Weight.Where(weight => !(weight >= 0 && float.IsFinite(weight)))
            .Select(weight => $"loss has the class weight {weight}; give numbers from 0.");

    /// <summary>Rows and classes of the output, after checking that there is one valid label for each row.</summary>
    public (int Rows, int Classes) Check(Tensor output, ReadOnlySpan<int> labels)
    {
        if (output.Shape.Rank != 2 || output.Shape[0] != labels.Length)
            throw new ShapeMismatchException(
                Loss, "output", output.Shape, $"[{labels.Length}, classes]", "Give one row of scores for each label.");
        var classes = output.Shape[1];
        if (!Weight.IsDefaultOrEmpty && Weight.Length != classes)
            throw new ShapeMismatchException(
                Loss, "output", output.Shape, $"[N, {Weight.Length}]", "Give one weight for each class.");
        foreach (var label in labels)
            if ((uint)label >= (uint)classes && label != IgnoreIndex)
            {
                throw new ArgumentOutOfRangeException(
                    nameof(labels), label, $"{Loss}: label {label} is not one of the classes 0..{classes - 1}.");
            }
        return (labels.Length, classes);
    }

    /// <summary>The sum of the rows' weights.</summary>
    public double Divisor(ReadOnlySpan<int> labels)
    {
        var sum = 0.0;
        foreach (var label in labels)
            if (label != IgnoreIndex) sum += Of(label);
        return sum;
    }

    /// <summary>Equal weights and label.</summary>
    public bool Equals(ClassWeights other) =>
        (IgnoreIndex, Scale, Weight.IsDefaultOrEmpty)
            == (other.IgnoreIndex, other.Scale, other.Weight.IsDefaultOrEmpty)
        && (Weight.IsDefaultOrEmpty || Weight.AsSpan().SequenceEqual(other.Weight.AsSpan()));

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(IgnoreIndex, Weight.IsDefaultOrEmpty ? 0 : Weight.Length);
}
