using System.Collections.Immutable;
using ActorTrain.Server;

namespace ActorTrain.Schedules;

/// <summary>
/// What happened in a run, as far as the weights depend on it: who computed what from which version, and in which order
/// it was applied. With the recipe and the data it determines every bit again. Immutable; adding an entry takes
/// constant time and about 200 bytes.
/// </summary>
public sealed class TrainingSchedule
{
    private readonly TrainingSchedule? _before;
    private readonly ScheduleEntry? _last;

    private TrainingSchedule(TrainingSchedule? before, ScheduleEntry? last, int count) =>
        (_before, _last, Count) = (before, last, count);

    /// <summary>Of a run that has not begun.</summary>
    public static TrainingSchedule Empty { get; } = new(null, null, 0);

    /// <summary>How many entries.</summary>
    public int Count { get; }

    /// <summary>All entries, the first one first.</summary>
    public ImmutableArray<ScheduleEntry> Entries
    {
        get
        {
            var entries = new ScheduleEntry[Count];
            for (var at = this; at.Count > 0; at = at._before!) entries[at.Count - 1] = at._last!;
            return System.Runtime.InteropServices.ImmutableCollectionsMarshal.AsImmutableArray(entries);
        }
    }

    /// <summary>With one more entry.</summary>
    public TrainingSchedule With(ScheduleEntry entry) => new(this, entry, Count + 1);
}

/// <summary>One thing that happened.</summary>
public abstract record ScheduleEntry;

/// <summary>A server began from a checkpoint: nobody remembers what was left out of a gradient before.</summary>
public sealed record ServerRestarted : ScheduleEntry
{
    /// <summary>The only one needed.</summary>
    public static ServerRestarted Instance { get; } = new();
}

/// <summary>The parameters were updated.</summary>
/// <param name="Contributions">
/// Of those that were applied and those that only were encoded, in order of arrival.
/// </param>
public sealed record ScheduledUpdate(ImmutableArray<Contribution> Contributions) : ScheduleEntry
{
    /// <inheritdoc/>
    public bool Equals(ScheduledUpdate? other) => other is not null && Contributions.SequenceEqual(other.Contributions);

    /// <inheritdoc/>
    public override int GetHashCode() => Contributions.Length;
}

/// <summary>What a unit gave to an update.</summary>
/// <param name="Unit">Who.</param>
/// <param name="FirstStep">Which minibatch of the run, or the first of them.</param>
/// <param name="Steps">How many minibatches it made steps of its own on; 1 for a gradient.</param>
/// <param name="Version">Updates in the parameters that it was computed from.</param>
/// <param name="Node">The node of the minibatch's tree, or the participant's leaf in a round of local steps.</param>
/// <param name="IsApplied">False: it came too late, but its unit had encoded it.</param>
/// <param name="IsCompressed">True: it crossed a process, encoded as the recipe says.</param>
public readonly record struct Contribution(
    ShardId Unit, long FirstStep, int Steps, long Version, TreeNode Node, bool IsApplied, bool IsCompressed);
