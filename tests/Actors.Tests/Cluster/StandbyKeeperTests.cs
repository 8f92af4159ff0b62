using System.Threading.Channels;
using ActorTrain.Actors.Bulk;
using ActorTrain.Checkpoints;
using ActorTrain.Core.Tests.Files;
using ActorTrain.Core.Tests.Support;
using Akka.Actor;

namespace ActorTrain.Actors.Tests.Cluster;

/// <summary>What a stand-by keeps, and what it says of it.</summary>
public sealed class StandbyKeeperTests : IDisposable
{
    private static readonly Guid Run = Guid.Parse("00112233-4455-6677-8899-aabbccddeeff");
    private static readonly Guid Yesterdays = Guid.Parse("ffeeddcc-bbaa-9988-7766-554433221100");

    private readonly TemporaryFolder _temporary = new();
    private readonly CheckpointFolder _folder;
    private readonly Channel<TrainingEvent> _events = Channel.CreateUnbounded<TrainingEvent>();
    private readonly TestLink _link = new();

    public StandbyKeeperTests() => _folder = new(_temporary.At("checkpoints"), keep: 3);

    public void Dispose()
    {
        _temporary.Dispose();
        _link.Dispose();
    }

    [Fact]
    public void Another_runs_checkpoints_are_moved_aside_with_one_line_before_one_is_kept()
    {
        foreach (var step in new[] { 4600, 4690 }) _folder.Save(step, CheckpointOf(Yesterdays, step));
        var keeper = Opened();
        Receive(keeper, 100);
        Assert.Equal(
            ["step-000000000100.checkpoint"],
            Directory.EnumerateFiles(_folder.Folder).Select(Path.GetFileName));
        var aside = Path.Combine(_folder.Folder, "set-aside-1");
        Assert.Equal(
            ["step-000000004600.checkpoint", "step-000000004690.checkpoint"],
            Directory.EnumerateFiles(aside).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        Assert.Equal([$"moved checkpoints of another run from {_folder.Folder} to {aside}"], Notices());
        Assert.Equal([new(BulkKind.CheckpointAck, Incarnation: 3, Step: 100)], _link.Sent);
    }

    [Fact]
    public void Checkpoints_of_the_same_run_stay_whichever_server_wrote_them()
    {
        _folder.Save(90, CheckpointOf(Run, 90));
        Receive(Opened(), 100);
        Assert.Equal(
            ["step-000000000090.checkpoint", "step-000000000100.checkpoint"],
            Directory.EnumerateFiles(_folder.Folder).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        Assert.Empty(Notices());
    }

    [Fact]
    public void A_stand_by_with_other_data_keeps_nothing_and_is_done_with_the_reason_on_both_sides()
    {
        NodeEnd? end = null;
        var keeper = Opened(Tiny.ManyTests.Description, e => end = e);
        Receive(keeper, 100);
        const string reason = "node s2 is refused: its dataset 'tiny' has SHA-256 ";
        Assert.StartsWith(reason, Assert.IsType<NodeEnd.Refused>(end).Reason, StringComparison.Ordinal);
        Assert.Equal((BulkKind.Failure, 100), (_link.Sent.Single().Kind, _link.Sent.Single().Step));
        Assert.False(Directory.Exists(_folder.Folder));
    }

    [Fact]
    public void Whatever_the_format_can_hold_is_received()
    {
        ILinkOwner keeper = Opened();
        var largest = new BulkHeader(
            BulkKind.Checkpoint, Incarnation: 3, Step: 100, PayloadBytes: CheckpointFormat.MostBytes);
        Assert.True(keeper.TryPlace(largest, out var place, out var refusal), refusal);
        Assert.Equal(CheckpointFormat.MostBytes, place.Length);
        Assert.False(keeper.TryPlace(largest with { PayloadBytes = int.MaxValue }, out _, out refusal));
        Assert.Equal("a checkpoint of 2147483647 bytes; at most 2147483591", refusal);
    }

    private StandbyKeeper Opened(DataDescription? data = null, Action<NodeEnd>? onEnd = null)
    {
        var node = new NodeContext(
            new() { Name = "s2", UsesSharedMemory = false }, new(), 0, null, TimeProvider.System, _events.Writer,
            onEnd ?? (_ => { }), () => false);
        var keeper = new StandbyKeeper(
            _folder, data ?? Tiny.Data.Description, Run, incarnation: 3, node, ActorRefs.Nobody);
        ((ILinkOwner)keeper).Opened(_link);
        return keeper;
    }

    private static void Receive(ILinkOwner keeper, long step)
    {
        var checkpoint = CheckpointOf(Run, step);
        var header = new BulkHeader(
            BulkKind.Checkpoint, Incarnation: 3, Step: step, PayloadBytes: checkpoint.Length);
        Assert.True(keeper.TryPlace(header, out var place, out _));
        checkpoint.CopyTo(place);
        keeper.Arrived(header, place);
    }

    private static byte[] CheckpointOf(Guid run, long step) => new TrainingCheckpoint(
        Tiny.Recipe, Tiny.Data.Description, TrainingState.Initial(Tiny.Recipe), new(run, Incarnation: step)).Encode();

    private IEnumerable<string> Notices()
    {
        while (_events.Reader.TryRead(out var @event)) yield return Assert.IsType<Notice>(@event).Text;
    }

    private sealed class TestLink : ILink
    {
        public List<BulkHeader> Sent { get; } = [];

        public int Pending => 0;

        public void Send(in BulkHeader header, ReadOnlyMemory<byte> payload) => Sent.Add(header);

        public void Leave()
        {
        }

        public void Dispose()
        {
        }
    }
}
