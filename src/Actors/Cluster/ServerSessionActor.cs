using ActorTrain.Actors.Bulk;
using ActorTrain.Actors.Protocol;
using Akka.Actor;
using Akka.Cluster;

namespace ActorTrain.Actors;

/// <summary>
/// A node's place in a run: asks the server, wherever it is, to let it take part, holds the link to it, and asks again
/// whenever the link is lost.
/// </summary>
internal abstract class ServerSessionActor : NodeActor, IWithTimers
{
    private static readonly TimeSpan BetweenHellos = TimeSpan.FromMilliseconds(250);

    private readonly HashSet<UniqueAddress> _servers = [];
    private ILinkOwner? _owner;
    private ILink? _link;
    private string? _closingReason;
    private long _over;
    private bool _isMoving;

    /// <summary>A node that looks for a server.</summary>
    protected ServerSessionActor(NodeContext node) : base(node, typeof(ClusterEvent.IMemberEvent))
    {
        Receive<Seek>(_ => SayHello());
        Receive<ClusterProtocol.Refused>(m => Node.End(new NodeEnd.Refused(m.Reason)));
        Receive<ClusterProtocol.RunOver>(m =>
        {
            if (m.Incarnation <= _over) return;
            _over = m.Incarnation;
            Hear(m);
            Node.Tell(new RunOverHeard(m.Phase, m.WeightsSha256, m.Reason));
        });
        Receive<ClusterEvent.IMemberEvent>(m => Note(m.Member), m => m.Member.HasRole(ClusterSettings.ServerRole));
        Receive<LinkOpened>(Open);
        Receive<LinkClosed>(m => Close(m.Owner, m.Reason));
        Receive<Leave>(_ =>
        {
            IsLeaving = true;
            if (_owner is null) Context.Stop(Self);
            else _link?.Leave();
        });
    }

    /// <inheritdoc/>
    public ITimerScheduler Timers { get; set; } = null!;

    /// <summary>True while it has a link, or is about to.</summary>
    protected bool HasOwner => _owner is not null;

    /// <summary>True when the node has been asked to leave.</summary>
    protected bool IsLeaving { get; private set; }

    /// <summary>The fencing number of the newest server that has welcomed it.</summary>
    protected long Incarnation { get; private set; }

    /// <summary>Whom its link leads to; none while it has none.</summary>
    protected Address? Server { get; private set; }

    /// <summary>The aggregator that stands between it and the server; none: nobody.</summary>
    protected virtual string? Through => null;

    /// <inheritdoc/>
    protected override void PreStart()
    {
        Timers.StartPeriodicTimer("seek", Seek.Instance, TimeSpan.Zero, BetweenHellos);
        base.PreStart();
    }

    /// <inheritdoc/>
    protected override void PostStop()
    {
        base.PostStop();
        _link?.Dispose();
    }

    /// <summary>Asks for a place, unless it has one or can't take one.</summary>
    protected abstract void SayHello();

    /// <summary>The run is over.</summary>
    protected virtual void Hear(ClusterProtocol.RunOver over)
    {
    }

    /// <summary>The link to the server is there, to be used.</summary>
    protected abstract void Begin();

    /// <summary>The link is gone, or never came.</summary>
    /// <param name="reason">In words.</param>
    /// <param name="wasThere">False: it never came.</param>
    protected abstract void End(string reason, bool wasThere);

    /// <summary>The sender has welcomed it.</summary>
    protected void Welcomed(long incarnation) =>
        (Incarnation, Server, _closingReason, _isMoving) = (incarnation, Sender.Path.Address, null, false);

    /// <summary>Waits for the link.</summary>
    protected void Await(ILinkOwner owner, Task<ILink> connecting)
    {
        _owner = owner;
        connecting.PipeTo(
            Self, success: link => new LinkOpened(owner, link),
            failure: e => new LinkClosed(owner, (e.InnerException ?? e).Message));
    }

    /// <summary>Gives the link up.</summary>
    /// <param name="reason">In words; none: it is no loss.</param>
    protected void LeaveLink(string? reason)
    {
        (_closingReason, _isMoving) = (reason, reason is null);
        _link?.Leave();
    }

    // Kept here: the cluster's own list may be older than the event.
    private void Note(Member server)
    {
        // A server that is paused or cut off holds its end of the link for as long as it likes.
        if (server.Status is MemberStatus.Down or MemberStatus.Removed && server.Address == Server)
        {
            _closingReason = "the others removed it";
            _link?.Dispose();
        }
        if (server.Status != MemberStatus.Removed) _servers.Add(server.UniqueAddress);
        else if (_servers.Remove(server.UniqueAddress) && _servers.Count == 0) Node.End(NodeEnd.ServersGone.Instance);
    }

    private void Open(LinkOpened m)
    {
        if (!ReferenceEquals(m.Owner, _owner))
        {
            m.Link.Dispose();
            return;
        }
        _link = m.Link;
        if (IsLeaving) _link.Leave();
        else if (_closingReason is null && !_isMoving) Begin();
        else _link.Dispose();
    }

    private void Close(ILinkOwner owner, string reason)
    {
        if (!ReferenceEquals(owner, _owner)) return;
        if (IsLeaving)
        {
            Context.Stop(Self);
            return;
        }
        if (_link is not null && _over < Incarnation && !_isMoving)
            Node.Tell(new ServerLinkLost(Incarnation, _closingReason ?? reason, Through));
        End(reason, wasThere: _link is not null);
        (_owner, _link, Server) = (null, null, null);
    }

    /// <summary>The link to the server is there.</summary>
    internal sealed record LinkOpened(ILinkOwner Owner, ILink Link);

    /// <summary>The link to the server is gone, or never came.</summary>
    internal sealed record LinkClosed(ILinkOwner Owner, string Reason);

    /// <summary>The node leaves: say so, that its work is handed out at once, and stop when the server knows.</summary>
    internal sealed record Leave
    {
        public static Leave Instance { get; } = new();
    }

    private sealed record Seek
    {
        public static Seek Instance { get; } = new();
    }
}
