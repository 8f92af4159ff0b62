using System.Collections.Immutable;
using ActorTrain.Actors.Protocol;
using ActorTrain.Checkpoints;
using Akka.Actor;

namespace ActorTrain.Actors;

/// <summary>Gives each checkpoint to this node's disk and to every stand-by, and says when all have it.</summary>
public sealed class CheckpointsActor : ReceiveActor
{
    private const string Disk = "disk";

    private readonly Dictionary<string, IActorRef> _standbys = [];
    private CheckpointLedger _ledger = CheckpointLedger.Empty;
    private TrainingProtocol.WriteCheckpoint? _newest;

    /// <summary>Checkpoints into a folder, or nowhere but to stand-bys.</summary>
    public CheckpointsActor(CheckpointFolder? folder)
    {
        var writer = folder is null ? ActorRefs.Nobody : Context.ActorOf(CheckpointWriterActor.Props(folder), "disk");
        if (folder is not null) _ledger = _ledger.With(Disk);
        Receive<TrainingProtocol.WriteCheckpoint>(m =>
        {
            _newest = m;
            Take(_ledger.Send(m.StepsDone));
            writer.Tell(m);
            foreach (var standby in _standbys.Values) standby.Tell(m);
        });
        Receive<TrainingProtocol.CheckpointWritten>(m =>
        {
            Context.Parent.Tell(m);
            Take(_ledger.Settle(Disk, m.StepsDone));
        });
        Receive<TrainingProtocol.CheckpointFailed>(m =>
        {
            Context.Parent.Tell(m);
            Take(_ledger.Settle(Disk, m.StepsDone));
        });
        Receive<TrainingProtocol.CheckpointSuperseded>(m => Context.Parent.Tell(m));
        Receive<StandbyJoined>(m =>
        {
            _standbys[m.Name] = Sender;
            _ledger = _ledger.With(m.Name);
            if (_newest is not null) Sender.Tell(_newest);
        });
        Receive<StandbySettled>(m => Take(_ledger.Settle(m.Name, m.StepsDone)));
        Receive<StandbyGone>(m =>
        {
            _standbys.Remove(m.Name);
            Take(_ledger.Without(m.Name));
        });
    }

    /// <summary>How to make one.</summary>
    public static Props Props(CheckpointFolder? folder) => Akka.Actor.Props.Create(() => new CheckpointsActor(folder));

    private void Take((CheckpointLedger Ledger, ImmutableArray<long> Kept) next)
    {
        _ledger = next.Ledger;
        foreach (var steps in next.Kept) Context.Parent.Tell(new TrainingProtocol.CheckpointKept(steps));
    }

    /// <summary>
    /// A stand-by keeps checkpoints from here on; the sender takes them, beginning with the newest there is.
    /// </summary>
    internal sealed record StandbyJoined(string Name);

    /// <summary>A stand-by has one on its disk, or can not put it there.</summary>
    internal sealed record StandbySettled(string Name, long StepsDone);

    /// <summary>A stand-by is gone.</summary>
    internal sealed record StandbyGone(string Name);
}
