namespace ActorTrain.Actors;

/// <summary>Sees a run's losses and finds the first one that is NaN or ∞; others that follow are no news.</summary>
internal sealed class LossWatch
{
    private bool _isFound;

    /// <summary>What to tell of a loss; none: it is finite, or not the first.</summary>
    /// <param name="loss">The loss.</param>
    /// <param name="position">After the step that it was met by.</param>
    /// <param name="stepsDone">Steps of the run up to there.</param>
    public LossNotFinite? See(double loss, Position position, long stepsDone)
    {
        if (_isFound || double.IsFinite(loss)) return null;
        _isFound = true;
        return new(loss, stepsDone, position.Step == 0 ? position.Epoch : position.Epoch + 1);
    }
}
