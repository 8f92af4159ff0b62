namespace ActorTrain;

/// <summary>The pure end of an epoch.</summary>
public static class EpochEnd
{
    /// <summary>The state that begins the next epoch, with this one in its history.</summary>
    public static TrainingState Apply(TrainingPlan plan, TrainingState state, Evaluation evaluation) => state with
    {
        Totals = default,
        History = state.History.Add(new(
            state.Position.Epoch, state.Totals.Loss, state.Totals.Accuracy, evaluation.Loss, evaluation.Accuracy,
            state.Totals.Seen, plan.SamplesPerEpoch, state.Parameters.Sha256())),
    };
}
