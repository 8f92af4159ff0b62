using ActorTrain.Server;
using Akka.Actor;

namespace ActorTrain.Actors;

/// <summary>Stands for the holder of a range, for one incarnation of the server.</summary>
internal sealed class RemoteHolderActor : RemoteNodeActor
{
    private readonly ParameterRange _range;
    private readonly HolderLink _owner;

    /// <summary>A stand-in that tells the server's node when the holder has connected, and when it is lost.</summary>
    public RemoteHolderActor(
        int index, ParameterRange range, long incarnation, IActorRef server, ExpectedLinks links,
        Func<Bulk.BulkToken, object> welcome)
        : base(links)
    {
        _range = range;
        _owner = new(index, range, incarnation, Self, server);
        Expect(_owner, welcome);
    }

    /// <summary>How to make one.</summary>
    /// <param name="index">The range's place.</param>
    /// <param name="range">What it is to hold.</param>
    /// <param name="incarnation">Of the server.</param>
    /// <param name="server">The parameter server.</param>
    /// <param name="links">Where its link is announced.</param>
    /// <param name="welcome">What to answer to a hello.</param>
    public static Props Props(
        int index, ParameterRange range, long incarnation, IActorRef server, ExpectedLinks links,
        Func<Bulk.BulkToken, object> welcome) =>
        Akka.Actor.Props.Create(() => new RemoteHolderActor(index, range, incarnation, server, links, welcome));

    /// <inheritdoc/>
    protected override void Begin() => Context.Parent.Tell(new Attached(new(Link!, _owner, _range)));

    /// <inheritdoc/>
    protected override void End(string reason) => Context.Parent.Tell(new Lost(reason));

    /// <summary>To the server's node: the holder has connected.</summary>
    internal sealed record Attached(HolderWay Way);

    /// <summary>To the server's node: the holder is lost.</summary>
    internal sealed record Lost(string Reason);
}
