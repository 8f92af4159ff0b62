namespace ActorTrain;

/// <summary>An operand does not have the shape that an operation needs. The message says what would fit.</summary>
/// <param name="operation">Who complains, for example <c>fc2: Linear(100, 64)</c>.</param>
/// <param name="operand">Which operand.</param>
/// <param name="got">Its shape.</param>
/// <param name="expected">What was expected, for example <c>[N, 100]</c>.</param>
/// <param name="remedy">What to do, as a sentence.</param>
public sealed class ShapeMismatchException(string operation, string operand, Shape got, string expected, string remedy)
    : ArgumentException($"{operation}: {operand} has shape {got}, expected {expected}. {remedy}")
{
    /// <summary>Who complains.</summary>
    public string Operation { get; } = operation;

    /// <summary>Which operand does not fit.</summary>
    public string Operand { get; } = operand;

    /// <summary>The shape that came.</summary>
    public Shape Got { get; } = got;

    /// <summary>The shape that was expected, <c>N</c> standing for any size.</summary>
    public string Expected { get; } = expected;

    /// <summary>What to do about it.</summary>
    public string Remedy { get; } = remedy;
}
