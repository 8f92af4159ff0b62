using System.Collections.Immutable;

namespace ActorTrain.Actors;

/// <summary>Who still has to say that a checkpoint is safe with him. Pure.</summary>
/// <param name="Keepers">Who keeps checkpoints.</param>
/// <param name="Late">
/// Those of them who have let a deadline pass: nothing is sent to them, nor waits for them, until they answer.
/// </param>
/// <param name="Waiting">Those that are on their way, in order of their steps, and whom each waits for.</param>
internal sealed record CheckpointLedger(
    ImmutableHashSet<string> Keepers, ImmutableHashSet<string> Late,
    ImmutableSortedDictionary<long, AwaitedCheckpoint> Waiting)
{
    /// <summary>Nothing is kept yet.</summary>
    public static CheckpointLedger Empty { get; } = new(
        [], [], ImmutableSortedDictionary<long, AwaitedCheckpoint>.Empty);

    /// <summary>One more who keeps checkpoints from here on.</summary>
    public CheckpointLedger With(string keeper) =>
        this with { Keepers = Keepers.Add(keeper), Late = Late.Remove(keeper) };

    /// <summary>
    /// A checkpoint is sent to all keepers that are not late; without any, there is nothing to wait for.
    /// </summary>
    /// <param name="stepsDone">Names it.</param>
    /// <param name="deadline">When who has not answered is late.</param>
    public (CheckpointLedger Ledger, ImmutableArray<long> Kept) Send(long stepsDone, TimeSpan deadline) =>
        Keepers.Except(Late) is { IsEmpty: false } keepers
            ? (this with { Waiting = Waiting.SetItem(stepsDone, new(keepers, deadline)) }, [])
            : (this, [stepsDone]);

    /// <summary>A keeper has one, or has failed to; so it has, or does not need, all before it.</summary>
    public (CheckpointLedger Ledger, ImmutableArray<long> Kept) Settle(string keeper, long stepsDone) =>
        Sift(steps => steps <= stepsDone, [keeper], this with { Late = Late.Remove(keeper) });

    /// <summary>A keeper is gone: nothing waits for him any more.</summary>
    public (CheckpointLedger Ledger, ImmutableArray<long> Kept) Without(string keeper) => Sift(
        _ => true, [keeper], this with { Keepers = Keepers.Remove(keeper), Late = Late.Remove(keeper) });

    /// <summary>Time has passed: who has not answered by a deadline is late.</summary>
    /// <returns>Also who is late from here on.</returns>
    public (CheckpointLedger Ledger, ImmutableArray<long> Kept, ImmutableHashSet<string> Late) Expire(TimeSpan now)
    {
        ImmutableHashSet<string> late =
            [.. Waiting.Values.Where(awaited => awaited.Deadline <= now).SelectMany(awaited => awaited.Keepers)];
        if (late.IsEmpty) return (this, [], late);
        var (ledger, kept) = Sift(_ => true, late, this with { Late = Late.Union(late) });
        return (ledger, kept, late);
    }

    private static (CheckpointLedger Ledger, ImmutableArray<long> Kept) Sift(
        Func<long, bool> applies, IEnumerable<string> keepers, CheckpointLedger ledger)
    {
        var waiting = ledger.Waiting;
        var kept = ImmutableArray.CreateBuilder<long>();
        foreach (var (steps, awaited) in ledger.Waiting)
        {
            var left = applies(steps) ? awaited.Keepers.Except(keepers) : awaited.Keepers;
            if (left.IsEmpty) kept.Add(steps);
            waiting = left.IsEmpty ? waiting.Remove(steps) : waiting.SetItem(steps, awaited with { Keepers = left });
        }
        return (ledger with { Waiting = waiting }, kept.ToImmutable());
    }
}

/// <summary>A checkpoint that is on its way.</summary>
/// <param name="Keepers">Who has not answered yet.</param>
/// <param name="Deadline">When those are late.</param>
internal sealed record AwaitedCheckpoint(ImmutableHashSet<string> Keepers, TimeSpan Deadline);
