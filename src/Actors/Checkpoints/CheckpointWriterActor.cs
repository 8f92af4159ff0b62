using ActorTrain.Actors.Protocol;
using ActorTrain.Checkpoints;
using Akka.Actor;

namespace ActorTrain.Actors;

/// <summary>Writes checkpoints, one after another, on a thread of its own: a slow disk never delays a step.</summary>
public sealed class CheckpointWriterActor : ReceiveActor
{
    /// <summary>A writer into this folder.</summary>
    public CheckpointWriterActor(CheckpointFolder folder) => Receive<TrainingProtocol.WriteCheckpoint>(message =>
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

    /// <summary>How to make one.</summary>
    public static Props Props(CheckpointFolder folder) =>
        Akka.Actor.Props.Create(() => new CheckpointWriterActor(folder)).WithDispatcher(ActorTrainDispatchers.Disk);
}
