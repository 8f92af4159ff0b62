using Akka.Actor;
using Akka.Cluster;

namespace ActorTrain.Actors;

/// <summary>
/// An actor that a node's part in the run depends on: it hears of the cluster's members, and what it throws ends the
/// node. A restart would only throw again, or have forgotten what others wait for.
/// </summary>
internal abstract class NodeActor : ReceiveActor
{
    private readonly Type[] _events;

    /// <summary>An actor of a node.</summary>
    /// <param name="node">The node.</param>
    /// <param name="events">What it hears of the cluster, from the state at its start on.</param>
    protected NodeActor(NodeContext node, params Type[] events) => (Node, _events) = (node, events);

    /// <summary>What all actors of the node know of it.</summary>
    protected NodeContext Node { get; }

    /// <summary>The cluster.</summary>
    protected Cluster Cluster { get; } = Cluster.Get(Context.System);

    /// <inheritdoc/>
    protected override void PreStart() => Cluster.Subscribe(Self, ClusterEvent.InitialStateAsEvents, _events);

    /// <inheritdoc/>
    protected override void PostStop() => Cluster.Unsubscribe(Self);

    /// <summary>Ends the node.</summary>
    protected override void PreRestart(Exception reason, object message)
    {
        Node.End(new NodeEnd.Failed(reason));
        base.PreRestart(reason, message);
    }
}
