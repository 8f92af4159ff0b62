namespace ActorTrain.Actors;

/// <summary>
/// The run that a node has stood by for: what another server has led, and this one may have to go on with.
/// </summary>
/// <param name="Run">Names it.</param>
/// <param name="HasBegun">True when a checkpoint of it has come, whether it could be kept or not.</param>
internal sealed record FormerRun(Guid Run, bool HasBegun)
{
    /// <summary>Whether a checkpoint is of this run.</summary>
    /// <param name="header">A checkpoint file's.</param>
    public bool Wrote(string header)
    {
        try
        {
            return TrainingCheckpoint.OriginOf(header)?.Run == Run;
        }
        catch (RecipeException)
        {
            // Another version's: nodes of one run have the same.
            return false;
        }
    }
}
