using System.Collections.Immutable;
using System.Globalization;

namespace ActorTrain;

/// <summary>How exactly <c>Grad.Check</c> compares; the names are those of <c>torch.autograd.gradcheck</c>.</summary>
/// <param name="Eps">The step of a difference, for elements up to 1; larger ones get a larger step.</param>
/// <param name="Atol">How far a gradient may be from the difference, and</param>
/// <param name="Rtol">how much more for each unit of the difference. Tensors are float32.</param>
/// <param name="MostElements">How many elements of each input are compared, spread over all of it.</param>
/// <param name="Seed">Which random numbers outputs are weighed by, and a layer's input and parameters are.</param>
public readonly record struct GradCheckOptions(
    float Eps, float Atol, float Rtol, int MostElements = int.MaxValue, ulong Seed = 1)
{
    /// <summary>A step of 1/64, 1e-3 absolute and 2e-3 relative, all elements.</summary>
    public static GradCheckOptions Default { get; } = new(1f / 64, 1e-3f, 2e-3f);
}

/// <summary>What <c>Grad.Check</c> found: a part for each input, and for each parameter of a layer.</summary>
/// <param name="Inputs">In order.</param>
public sealed record GradCheck(ImmutableArray<GradCheckInput> Inputs)
{
    /// <summary>True when all gradients agree with finite differences.</summary>
    public bool Agrees => Inputs.All(input => input.Agrees);

    /// <summary>Equal parts.</summary>
    public bool Equals(GradCheck? other) => other is not null && Inputs.AsSpan().SequenceEqual(other.Inputs.AsSpan());

    /// <inheritdoc/>
    public override int GetHashCode() => Inputs.Length;

    /// <summary>A line for each input.</summary>
    public override string ToString() => string.Join('\n', Inputs);
}

/// <summary>How far the gradient of one input is from finite differences.</summary>
/// <param name="Name"><c>input 0</c>, or <c>input</c> or a parameter's name for a layer.</param>
/// <param name="Shape">Its shape.</param>
/// <param name="Compared">How many of its elements were compared.</param>
/// <param name="Wrong">How many of them disagree.</param>
/// <param name="Element">The worst one's index, as <c>[1, 3]</c>.</param>
/// <param name="Gradient">The gradient there.</param>
/// <param name="Difference">What the finite difference says.</param>
public sealed record GradCheckInput(
    string Name, Shape Shape, int Compared, int Wrong, Shape Element, double Gradient, double Difference)
{
    /// <summary>True when none disagrees.</summary>
    public bool Agrees => Wrong == 0;

    /// <summary>As a sentence.</summary>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{Name} {Shape}: {(Agrees ? "agrees" : $"{Wrong} of {Compared} elements are wrong")}; the worst is "
        + $"{Element}: gradient {Gradient:G6}, by differences {Difference:G6}");
}
