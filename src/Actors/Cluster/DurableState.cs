using System.Collections.Immutable;

namespace ActorTrain.Actors;

/// <summary>What a server goes on from.</summary>
/// <param name="Recipe">The run's recipe.</param>
/// <param name="Training">The state to go on from.</param>
/// <param name="Origin">The run, and the fencing number of this server.</param>
/// <param name="Skipped">Damaged checkpoints that were passed over, in words.</param>
internal sealed record DurableState(
    Recipe Recipe, TrainingState Training, RunOrigin Origin, ImmutableArray<string> Skipped)
{
    /// <summary>
    /// What the job says to go on from, unless the run has gone on elsewhere since; else the newest state that this
    /// node has, of its checkpoints; else the beginning. The fencing number is the time of
    /// the take-over in milliseconds, and above that of whoever wrote the checkpoint: a take-over takes seconds, so it
    /// grows even where clocks differ by less than that.
    /// </summary>
    /// <param name="job">The node's job.</param>
    /// <param name="now">When this server begins.</param>
    /// <param name="isTakeOver">True when another server has led the run before.</param>
    public static DurableState Load(TrainingJob job, DateTimeOffset now, bool isTakeOver)
    {
        var incarnation = now.ToUnixTimeMilliseconds();
        var search = job.Checkpoints?.Newest();
        ImmutableArray<string> skipped = search is null ? [] : [.. search.Skipped.Select(e => e.Message)];
        if (search?.Found is not { } found)
            return new(
                job.Recipe, job.From ?? TrainingState.Initial(job.Recipe), new(Guid.NewGuid(), incarnation), skipped);
        var checkpoint = TrainingCheckpoint.Decode(found.Contents, job.Layers);
        var origin = checkpoint.Origin ?? new(Guid.NewGuid(), 0);
        // How long the run goes on is the job's to say; everything else is the run's own.
        var recipe = checkpoint.Recipe with { Epochs = job.Recipe.Epochs, MaxSteps = job.Recipe.MaxSteps };
        var training = !isTakeOver && job.From is { } from ? from : checkpoint.State;
        return new(
            recipe, training, origin with { Incarnation = Math.Max(origin.Incarnation + 1, incarnation) }, skipped);
    }
}
