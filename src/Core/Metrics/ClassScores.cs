namespace ActorTrain;

/// <summary>How one class fares among all predictions. What would be 0/0 is 0, as in scikit-learn.</summary>
/// <param name="TruePositives">Examples of the class that were predicted as it.</param>
/// <param name="Predicted">Predictions of the class.</param>
/// <param name="Examples">Examples of the class.</param>
public readonly record struct ClassScores(long TruePositives, long Predicted, long Examples)
{
    /// <summary>Of what was predicted as this class, the share that is: TP / predicted.</summary>
    public double Precision => Predicted == 0 ? 0 : (double)TruePositives / Predicted;

    /// <summary>Of this class, the share that was found: TP / examples.</summary>
    public double Recall => Examples == 0 ? 0 : (double)TruePositives / Examples;

    /// <summary>The harmonic mean of both: 2·TP / (predicted + examples).</summary>
    public double F1 => Predicted + Examples == 0 ? 0 : 2.0 * TruePositives / (Predicted + Examples);
}
