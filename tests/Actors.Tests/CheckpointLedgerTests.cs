namespace ActorTrain.Actors.Tests;

/// <summary>When a checkpoint counts as kept: all keepers have answered, are gone, or have had their time.</summary>
public class CheckpointLedgerTests
{
    private static readonly CheckpointLedger Two = CheckpointLedger.Empty.With("disk").With("s2");

    [Fact]
    public void A_checkpoint_is_kept_when_all_have_answered_and_at_once_when_there_is_nobody()
    {
        Assert.Equal<long>([100], CheckpointLedger.Empty.Send(100, Seconds(30)).Kept);
        var (ledger, kept) = Two.Send(100, Seconds(30));
        Assert.Empty(kept);
        (ledger, kept) = ledger.Settle("disk", 100);
        Assert.Empty(kept);
        Assert.Equal<long>([100], ledger.Settle("s2", 100).Kept);
        Assert.Equal<long>([100], ledger.Without("s2").Kept);
    }

    [Fact]
    public void Who_does_not_answer_by_the_deadline_is_late_once_and_nothing_waits_for_him()
    {
        var ledger = Two.Send(100, Seconds(30)).Ledger.Send(200, Seconds(40)).Ledger.Settle("disk", 200).Ledger;
        Assert.Equal((ledger, 0, 0), Counted(ledger.Expire(Seconds(29.9))));
        (ledger, var kept, var late) = ledger.Expire(Seconds(30));
        Assert.Equal<long>([100, 200], kept);
        Assert.Equal(["s2"], late);
        Assert.Equal((ledger, 0, 0), Counted(ledger.Expire(Seconds(1000))));
        ledger = ledger.Send(300, Seconds(60)).Ledger;
        Assert.Equal<long>([300], ledger.Settle("disk", 300).Kept);
    }

    [Fact]
    public void Who_was_late_is_waited_for_again_when_he_has_answered_or_come_back()
    {
        var late = Two.Send(100, Seconds(30)).Ledger.Settle("disk", 100).Ledger.Expire(Seconds(30)).Ledger;
        foreach (var ledger in new[] { late.Settle("s2", 100).Ledger, late.Without("s2").Ledger.With("s2") })
        {
            var next = ledger.Send(200, Seconds(60)).Ledger.Settle("disk", 200);
            Assert.Empty(next.Kept);
            Assert.Equal<long>([200], next.Ledger.Settle("s2", 200).Kept);
        }
    }

    private static (CheckpointLedger Ledger, int Kept, int Late) Counted(
        (CheckpointLedger Ledger, System.Collections.Immutable.ImmutableArray<long> Kept,
            System.Collections.Immutable.ImmutableHashSet<string> Late) expired) =>
        (expired.Ledger, expired.Kept.Length, expired.Late.Count);

    private static TimeSpan Seconds(double seconds) => TimeSpan.FromSeconds(seconds);
}
