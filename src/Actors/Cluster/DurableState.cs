using System.Collections.Immutable;
using ActorTrain.Checkpoints;

namespace ActorTrain.Actors;

/// <summary>What a server goes on from.</summary>
/// <param name="Recipe">The run's recipe.</param>
/// <param name="Training">The state to go on from.</param>
/// <param name="Origin">The run, and the fencing number of this server.</param>
/// <param name="File">The checkpoint that it is of; none: there is none.</param>
/// <param name="Notices">What the user should know of it, a sentence each: damaged checkpoints first.</param>
internal sealed record DurableState(
    Recipe Recipe, TrainingState Training, RunOrigin Origin, (string Path, DataDescription Data)? File,
    ImmutableArray<string> Notices)
{
    /// <summary>
    /// After a take-over, the newest state of the run that this node has. Else what the job says to go on from; else
    /// the newest state that this node has, whatever run it is of, so that a whole cluster is started again by the same
    /// commands; else the beginning. The fencing number is the time of
    /// the take-over in milliseconds, and above that of whoever wrote the checkpoint: a take-over takes seconds, so it
    /// grows even where clocks differ by less than that.
    /// </summary>
    /// <param name="job">The node's job.</param>
    /// <param name="now">When this server begins.</param>
    /// <param name="former">The run that another server has led before; none: this one is the first.</param>
    /// <exception cref="CheckpointException">The run has begun, and none of its checkpoints is here.</exception>
    public static DurableState Load(TrainingJob job, DateTimeOffset now, FormerRun? former)
    {
        var incarnation = now.ToUnixTimeMilliseconds();
        var search = job.Checkpoints?.Newest(former is null ? null : former.Wrote);
        ImmutableArray<string> skipped = search is null ? [] : [.. search.Skipped.Select(e => $"skipped {e.Message}")];
        if (search?.Found is not { } found)
        {
            if (former is { HasBegun: true } && job.Checkpoints is { } folder)
                throw new CheckpointException(
                    folder.Folder, "no checkpoint of the run that this server was to go on with could be kept here");
            return new(
                job.Recipe, job.From ?? job.Initial, new(former?.Run ?? Guid.NewGuid(), incarnation), File: null,
                skipped);
        }
        var checkpoint = TrainingCheckpoint.Decode(found.Contents, job.Layers);
        var origin = checkpoint.Origin ?? new(Guid.NewGuid(), 0);
        // How long a run goes on that is started again is the job's to say; everything else is the run's own.
        var recipe = former is not null || job.KeepsEnd ? checkpoint.Recipe : WithEndOf(job.Recipe, checkpoint.Recipe);
        var isGiven = former is null && job.From is not null;
        return new(
            recipe, isGiven ? job.From! : checkpoint.State,
            origin with { Incarnation = Math.Max(origin.Incarnation + 1, incarnation) },
            (found.Path, checkpoint.Data),
            former is null && !isGiven ? [.. skipped, .. NoticesOf(found.Path, checkpoint, recipe, job)] : skipped);
    }

    /// <summary>Checks that the run goes on with the data that it has been trained on.</summary>
    /// <param name="data">The node's.</param>
    /// <exception cref="CheckpointException">It is other data.</exception>
    public void CheckData(DataDescription data)
    {
        if (File is not var (path, run) || run.Sha256 == data.Sha256) return;
        throw new CheckpointException(
            path, $"its run trains on '{run.Name}' ({run.Sha256[..12]}), not on this node's '{data.Name}' "
                + $"({data.Sha256[..12]}); give the node the same data (--data), or another folder (--out)");
    }

    private static Recipe WithEndOf(Recipe end, Recipe recipe) =>
        recipe with { Epochs = end.Epochs, MaxSteps = end.MaxSteps };

    // A first server whose folder holds a run: what its user may have thought to be a new one.
    private static IEnumerable<string> NoticesOf(
        string path, TrainingCheckpoint checkpoint, Recipe recipe, TrainingJob job)
    {
        const string remedy = "for a new run, give another folder (--out)";
        if (WithEndOf(job.Recipe, recipe) != job.Recipe)
            yield return $"goes on with the run of {path}, whose recipe counts: the one that this node is given is "
                + $"another; {remedy}";
        var (plan, position) = (new TrainingPlan(recipe, checkpoint.Data), checkpoint.State.Position);
        if (plan.IsEnd(position))
            yield return $"{path} is at the run's end, {plan.TotalSteps} steps: nothing is left to train; to go on, "
                + $"give more --epochs or --max-steps; {remedy}";
    }
}
