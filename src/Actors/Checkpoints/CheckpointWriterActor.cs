using ActorTrain.Actors.Protocol;
using ActorTrain.Checkpoints;
using Akka.Actor;

namespace ActorTrain.Actors;

/// <summary>
/// Has checkpoints written, one after another, on a thread of their own: a slow disk never delays a step. Of those that
/// wait for it only the newest is kept: a run goes on from that one, and each is as large as the run's whole state.
/// </summary>
public sealed class CheckpointWriterActor : ReceiveActor
{
    private readonly IActorRef _disk;
    private (TrainingProtocol.WriteCheckpoint Checkpoint, IActorRef Asker)? _writing;
    private (TrainingProtocol.WriteCheckpoint Checkpoint, IActorRef Asker)? _waiting;

    /// <summary>A writer to a disk.</summary>
    /// <param name="disk">Answers one checkpoint after another.</param>
    public CheckpointWriterActor(Props disk)
    {
        _disk = Context.ActorOf(disk, "thread");
        Receive<TrainingProtocol.WriteCheckpoint>(m =>
        {
            if (_waiting is var (older, asker))
                asker.Tell(new TrainingProtocol.CheckpointSuperseded(older.StepsDone));
            _waiting = (m, Sender);
            Next();
        });
        Receive<TrainingProtocol.CheckpointWritten>(End);
        Receive<TrainingProtocol.CheckpointFailed>(End);
    }

    /// <summary>How to make one.</summary>
    public static Props Props(CheckpointFolder folder) => PropsFor(DiskActor.Props(folder));

    /// <summary>How to make one for another disk.</summary>
    internal static Props PropsFor(Props disk) => Akka.Actor.Props.Create(() => new CheckpointWriterActor(disk));

    private void End(TrainingProtocol.IMessage answer)
    {
        _writing!.Value.Asker.Tell(answer);
        _writing = null;
        Next();
    }

    private void Next()
    {
        if (_writing is not null || _waiting is null) return;
        (_writing, _waiting) = (_waiting, null);
        _disk.Tell(_writing.Value.Checkpoint);
    }

    private sealed class DiskActor : ReceiveActor
    {
        public DiskActor(CheckpointFolder folder) => Receive<TrainingProtocol.WriteCheckpoint>(message =>
        {
            try
            {
                Sender.Tell(new TrainingProtocol.CheckpointWritten(
                    message.StepsDone, folder.Save(message.StepsDone, message.Contents)));
            }
            catch (Exception e) // whatever it is: the server waits for an answer, and goes on without this checkpoint
            {
                Sender.Tell(new TrainingProtocol.CheckpointFailed(message.StepsDone, e.Message));
            }
        });

        public static Props Props(CheckpointFolder folder) =>
            Akka.Actor.Props.Create(() => new DiskActor(folder)).WithDispatcher(ActorTrainDispatchers.Disk);
    }
}
