using System.Collections.Immutable;

namespace ActorTrain.Actors;

/// <summary>Who still has to say that a checkpoint is safe with him. Pure.</summary>
/// <param name="Keepers">Who keeps checkpoints.</param>
/// <param name="Waiting">Those that are on their way, in order of their steps, and whom each waits for.</param>
internal sealed record CheckpointLedger(
    ImmutableHashSet<string> Keepers, ImmutableSortedDictionary<long, ImmutableHashSet<string>> Waiting)
{
    /// <summary>Nothing is kept yet.</summary>
    public static CheckpointLedger Empty { get; } = new(
        [], ImmutableSortedDictionary<long, ImmutableHashSet<string>>.Empty);

    /// <summary>One more who keeps checkpoints from here on.</summary>
    public CheckpointLedger With(string keeper) => this with { Keepers = Keepers.Add(keeper) };

    /// <summary>A checkpoint is sent to all keepers; without any, there is nothing to wait for.</summary>
    public (CheckpointLedger Ledger, ImmutableArray<long> Kept) Send(long stepsDone) => Keepers.IsEmpty
        ? (this, [stepsDone])
        : (this with { Waiting = Waiting.SetItem(stepsDone, Keepers) }, []);

    /// <summary>A keeper has one, or has failed to; so it has, or does not need, all before it.</summary>
    public (CheckpointLedger Ledger, ImmutableArray<long> Kept) Settle(string keeper, long stepsDone) =>
        Sift(steps => steps <= stepsDone, keeper, this);

    /// <summary>A keeper is gone: nothing waits for him any more.</summary>
    public (CheckpointLedger Ledger, ImmutableArray<long> Kept) Without(string keeper) =>
        Sift(_ => true, keeper, this with { Keepers = Keepers.Remove(keeper) });

    private static (CheckpointLedger Ledger, ImmutableArray<long> Kept) Sift(
        Func<long, bool> applies, string keeper, CheckpointLedger ledger)
    {
        var waiting = ledger.Waiting;
        var kept = ImmutableArray.CreateBuilder<long>();
        foreach (var (steps, keepers) in ledger.Waiting)
        {
            var left = applies(steps) ? keepers.Remove(keeper) : keepers;
            if (left.IsEmpty) kept.Add(steps);
            waiting = left.IsEmpty ? waiting.Remove(steps) : waiting.SetItem(steps, left);
        }
        return (ledger with { Waiting = waiting }, kept.ToImmutable());
    }
}
