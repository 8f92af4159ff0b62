using ActorTrain.Server;

namespace ActorTrain.Actors.Protocol;

/// <summary>
/// What data shards, the parameter server and the checkpoint writer say to each other. Extend only: add records, never
/// change one.
/// </summary>
public static class TrainingProtocol
{
    /// <summary>Every message of the conversation.</summary>
    public interface IMessage;

    /// <summary>Shard to server, first. Answer: <see cref="DoWork"/>, whenever there is some.</summary>
    /// <param name="Shard">Which.</param>
    /// <param name="Cores">How many shards compute behind it.</param>
    /// <param name="IsRemote">True for a worker node.</param>
    /// <param name="Orders">Where its orders go; none: to the sender, as <see cref="DoWork"/>.</param>
    public sealed record JoinTraining(
        ShardId Shard, int Cores = 1, bool IsRemote = false, IOrderSink? Orders = null) : IMessage;

    /// <summary>Server to shard. Answer: <see cref="WorkDone"/> or <see cref="WorkThrew"/>.</summary>
    /// <param name="Order">What to do.</param>
    /// <param name="Progress">Told how much of a gradient is final while it is computed; none: nobody waits.</param>
    public sealed record DoWork(WorkOrder Order, GradientProgress? Progress = null) : IMessage;

    /// <summary>Server to a worker node's stand-in: it takes no part any more.</summary>
    /// <param name="Reason">In words.</param>
    public sealed record Dismiss(string Reason) : IMessage;

    /// <summary>Shard to server.</summary>
    public sealed record WorkDone(ShardId Shard, WorkAnswer Answer) : IMessage;

    /// <summary>Shard to server, from its restart.</summary>
    public sealed record WorkThrew(ShardId Shard, WorkKey Key, string Reason) : IMessage;

    /// <summary>The shard, or the way to it, is gone for good.</summary>
    public sealed record ShardStopped(ShardId Shard, string Reason) : IMessage;

    /// <summary>The server's clock to itself, where there are worker nodes.</summary>
    public sealed record Tick : IMessage
    {
        /// <summary>The only one needed.</summary>
        public static Tick Instance { get; } = new();
    }

    /// <summary>Anybody to server: end after the current step.</summary>
    public sealed record StopTraining : IMessage
    {
        /// <summary>The only one needed.</summary>
        public static StopTraining Instance { get; } = new();
    }

    /// <summary>
    /// Server to writer. Answer: <see cref="CheckpointWritten"/>, <see cref="CheckpointFailed"/>, or
    /// <see cref="CheckpointSuperseded"/> when another one follows before the disk is free.
    /// </summary>
    /// <param name="StepsDone">Names the file.</param>
    /// <param name="Contents">The whole file.</param>
    public sealed record WriteCheckpoint(long StepsDone, byte[] Contents) : IMessage;

    /// <summary>Writer to server: the checkpoint is on the disk.</summary>
    public sealed record CheckpointWritten(long StepsDone, string Path) : IMessage;

    /// <summary>Writer to server: it is not, and why.</summary>
    public sealed record CheckpointFailed(long StepsDone, string Reason) : IMessage;

    /// <summary>Writer to server: it will not be written, because a newer one will.</summary>
    public sealed record CheckpointSuperseded(long StepsDone) : IMessage;

    /// <summary>To server: everybody who keeps checkpoints has this one, or has failed to.</summary>
    public sealed record CheckpointKept(long StepsDone) : IMessage;
}
