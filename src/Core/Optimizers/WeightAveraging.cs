namespace ActorTrain;

/// <summary>
/// Keeps an exponential moving average of the parameters beside them, a ← decay·a + (1−decay)·θ after each update,
/// a ← θ after the first; PyTorch's <c>swa_utils.AveragedModel</c> with <c>get_ema_avg_fn</c>. Training does not see
/// it.
/// </summary>
/// <param name="Decay">How much of the average stays, above 0, below 1.</param>
public sealed record WeightAveraging(float Decay = 0.999f)
{
    /// <summary>How much of the average stays, above 0, below 1.</summary>
    public float Decay { get; } = (float)Allowed.Above0Below1(Decay, nameof(WeightAveraging), nameof(Decay));

    /// <summary>How far the average goes towards the parameters of an update.</summary>
    /// <param name="step">Updates made before it.</param>
    public float ShareAt(long step) => step == 0 ? 1 : (float)(1 - (double)Decay);
}
