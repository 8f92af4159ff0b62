namespace ActorTrain;

/// <summary>
/// Predictions of about one confidence. Whole numbers only, so that parts add up alike in any order.
/// </summary>
/// <param name="Count">Predictions.</param>
/// <param name="Correct">Those that were right.</param>
/// <param name="ConfidenceUnits">Σ of their confidences, each in whole units of 1/<see cref="Units"/>.</param>
public readonly record struct CalibrationBin(long Count, long Correct, long ConfidenceUnits)
{
    /// <summary>Units of a confidence of 1.</summary>
    public const long Units = 1 << 24;

    /// <summary>Share of right predictions; 0 without any.</summary>
    public double Accuracy => Count == 0 ? 0 : (double)Correct / Count;

    /// <summary>Mean confidence; 0 without any prediction.</summary>
    public double Confidence => Count == 0 ? 0 : (double)ConfidenceUnits / Units / Count;

    /// <summary>The bin of both parts' predictions.</summary>
    public CalibrationBin Plus(CalibrationBin other) =>
        new(Count + other.Count, Correct + other.Correct, ConfidenceUnits + other.ConfidenceUnits);

    /// <summary>Which of <paramref name="bins"/> equal bins, ((m−1)/M, m/M], a confidence falls into.</summary>
    internal static int IndexOf(long units, int bins) => (int)(((units * bins) - 1) / Units);
}
