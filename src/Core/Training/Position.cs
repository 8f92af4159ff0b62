namespace ActorTrain;

/// <summary>Where a run stands: with the recipe's seed, three integers from which everything else follows.</summary>
/// <param name="Epoch">Complete passes over the training split.</param>
/// <param name="Step">Steps done in the current epoch.</param>
public readonly record struct Position(int Epoch, int Step);

/// <summary>What the steps of the current epoch add up to so far.</summary>
/// <param name="LossSum">Σ losses, in nats.</param>
/// <param name="Correct">Examples whose prediction was right, before the update that they took part in.</param>
/// <param name="Seen">Examples.</param>
public readonly record struct EpochTotals(double LossSum, long Correct, long Seen)
{
    /// <summary>Mean loss in nats; 0 before the first step.</summary>
    public double Loss => Seen == 0 ? 0 : LossSum / Seen;

    /// <summary>Share of right predictions, 0 … 1; 0 before the first step.</summary>
    public double Accuracy => Seen == 0 ? 0 : (double)Correct / Seen;

    /// <summary>With one more step.</summary>
    public EpochTotals Plus(StepSum step) => new(LossSum + step.LossSum, Correct + step.Correct, Seen + step.Rows);
}

/// <summary>What one step adds: sums over its minibatch.</summary>
/// <param name="LossSum">Σ losses, in nats.</param>
/// <param name="Correct">Examples predicted right.</param>
/// <param name="Rows">Examples.</param>
public readonly record struct StepSum(double LossSum, int Correct, int Rows);
