using Akka.Actor;
using Akka.Event;
using Akka.Remote;

namespace ActorTrain.Actors;

/// <summary>Why a node is out of its cluster.</summary>
public enum ClusterEndReason
{
    /// <summary>Its host stopped.</summary>
    Stopped,

    /// <summary>It was told to leave.</summary>
    Left,

    /// <summary>The others removed it, or it was in the minority: it may come back as a new node.</summary>
    Downed,

    /// <summary>Another node takes no more messages of this one: it may come back as a new node.</summary>
    Quarantined,

    /// <summary>No seed node let it in within the join timeout.</summary>
    JoinFailed,
}

/// <summary>Tells the host why its actor system is over. One for each actor system.</summary>
public sealed class ClusterEnd
{
    private readonly TaskCompletionSource<ClusterEndReason> _completion =
        new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes when the actor system has terminated.</summary>
    public Task<ClusterEndReason> Completion => _completion.Task;

    /// <summary>What Akka's reason for shutting down means.</summary>
    public static ClusterEndReason Of(CoordinatedShutdown.Reason? reason) => reason switch
    {
        QuarantineReason => ClusterEndReason.Quarantined,
        CoordinatedShutdown.ClusterDowningReason => ClusterEndReason.Downed,
        CoordinatedShutdown.ClusterLeavingReason => ClusterEndReason.Left,
        CoordinatedShutdown.ClusterJoinUnsuccessfulReason => ClusterEndReason.JoinFailed,
        _ => ClusterEndReason.Stopped,
    };

    internal void Watch(ActorSystem system)
    {
        var shutdown = CoordinatedShutdown.Get(system);
        system.ActorOf(Props.Create(() => new QuarantineActor(shutdown)), "quarantine");
        _ = system.WhenTerminated.ContinueWith(
            _ => _completion.TrySetResult(Of(shutdown.ShutdownReason)), TaskScheduler.Default);
    }

    // A quarantine can not be lifted: only a new actor system is let in again.
    private sealed class QuarantineActor : ReceiveActor
    {
        public QuarantineActor(CoordinatedShutdown shutdown)
        {
            Receive<ThisActorSystemQuarantinedEvent>(e =>
            {
                Context.GetLogger().Warning("{0} takes no more messages of this node; it stops.", e.RemoteAddress);
                _ = shutdown.Run(new QuarantineReason());
            });
            Context.System.EventStream.Subscribe(Self, typeof(ThisActorSystemQuarantinedEvent));
        }
    }

    private sealed class QuarantineReason : CoordinatedShutdown.Reason
    {
        // Never used: the process lives on.
        public override int ExitCode => 3;
    }
}
