using ActorTrain.Actors.Protocol;
using Akka.Actor;

namespace ActorTrain.Actors;

/// <summary>
/// The nodes that take part through this one, by name, each with the actor that stands for it; and those that may not.
/// A part of the actor whose children they are.
/// </summary>
internal sealed class NodeRegister(NodeContext node, IUntypedActorContext context)
{
    private readonly Dictionary<string, (IActorRef Node, IActorRef Link)> _nodes = [];
    private readonly Dictionary<string, int> _lives = [];
    private readonly Dictionary<string, string> _dismissed = [];
    private readonly Dictionary<string, string> _refused = [];
    private readonly Dictionary<string, (Address Address, long Since)> _namesakes = [];

    /// <summary>The actor that stands for a node; none: no node of this name takes part.</summary>
    public IActorRef? LinkOf(string name) => _nodes.TryGetValue(name, out var known) ? known.Link : null;

    /// <summary>Why a node was dismissed; none: it was not.</summary>
    public string? DismissalOf(string name) => _dismissed.GetValueOrDefault(name);

    /// <summary>The sender of the current message has said hello and may take part.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="shards">How many it has.</param>
    /// <param name="propsOf">The actor that stands for it, given how often a node of this name has come.</param>
    public void Greet(string name, int shards, Func<int, Props> propsOf)
    {
        if (!_nodes.TryGetValue(name, out var known))
        {
            var life = _lives[name] = _lives.GetValueOrDefault(name) + 1;
            known = _nodes[name] = (context.Sender, context.Watch(context.ActorOf(propsOf(life))));
        }
        // A node that lost its link says hello until this side has noticed it too.
        if (known.Node.Path.Address == context.Sender.Path.Address)
            known.Link.Tell(new RemoteNodeActor.Greet(context.Sender, shards));
        else
            Doubt(name, known);
    }

    /// <summary>Tells a node that it can not take part. Until it hears so it says hello again and again.</summary>
    public void Refuse(string name, string reason, IActorRef refused)
    {
        if (_refused.GetValueOrDefault(name) != reason) node.Tell(new NodeRefused(name, reason));
        _refused[name] = reason;
        refused.Tell(new ClusterProtocol.Refused($"node {name} is refused: {reason}"));
    }

    /// <summary>Another node has the name of one that has attached.</summary>
    public void Refuse(ServerNodeActor.NameTaken m) => Refuse(
        m.Name, $"another node of this name takes part, at {m.By.Host}:{m.By.Port}; give each node a name of its own "
        + "(--name).",
        m.Namesake);

    /// <summary>A node takes no part any more, nor when it comes back.</summary>
    public void Dismiss(ServerNodeActor.NodeDismissed m)
    {
        _dismissed[m.Name] = m.Reason;
        if (!_nodes.TryGetValue(m.Name, out var known)) return;
        known.Node.Tell(new ClusterProtocol.Refused($"node {m.Name} is refused: {m.Reason}"));
        known.Link.Tell(new RemoteNodeActor.CloseLink(m.Reason));
    }

    /// <summary>The actor that stood for a node has ended.</summary>
    public void Forget(IActorRef link)
    {
        foreach (var (name, known) in _nodes)
        {
            if (!known.Link.Equals(link)) continue;
            _nodes.Remove(name);
            _namesakes.Remove(name);
            return;
        }
    }

    /// <summary>Who is at this address is gone.</summary>
    public void Drop(Address address, string reason)
    {
        foreach (var (known, link) in _nodes.Values)
            if (known.Path.Address == address) link.Tell(new RemoteNodeActor.CloseLink(reason));
    }

    /// <summary>All links are closed; their nodes may come again.</summary>
    public void DropAll(string reason) => TellLinks(new RemoteNodeActor.CloseLink(reason));

    /// <summary>Tells the actors that stand for the nodes.</summary>
    public void TellLinks(object message)
    {
        foreach (var (_, link) in _nodes.Values) link.Tell(message);
    }

    /// <summary>Tells all nodes.</summary>
    public void Tell(object message)
    {
        foreach (var (known, _) in _nodes.Values) known.Tell(message);
    }

    // It may be the same node, started again at another address before the loss of its first life is noticed.
    private void Doubt(string name, (IActorRef Node, IActorRef Link) first)
    {
        var address = context.Sender.Path.Address;
        if (!_namesakes.TryGetValue(name, out var namesake) || namesake.Address != address)
            namesake = _namesakes[name] = (address, node.Time.GetTimestamp());
        if (node.Time.GetElapsedTime(namesake.Since) >= TimeToBeMissed)
            first.Link.Tell(new RemoteNodeActor.RefuseIfAttached(new(name, first.Node.Path.Address, context.Sender)));
    }

    // Longer than it takes until a dead node is unreachable.
    private TimeSpan TimeToBeMissed => 2 * (node.Cluster.AcceptablePause + node.Cluster.HeartbeatInterval);
}
