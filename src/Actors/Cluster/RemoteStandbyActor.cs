using System.Text;
using ActorTrain.Actors.Bulk;
using ActorTrain.Actors.Protocol;
using Akka.Actor;

namespace ActorTrain.Actors;

/// <summary>Stands for a stand-by: sends it each checkpoint, and says when it is on its disk.</summary>
internal sealed class RemoteStandbyActor : RemoteNodeActor
{
    private readonly string _name;
    private readonly NodeContext _context;
    private readonly IActorRef _server;

    /// <summary>A stand-in that keeps checkpoints when the stand-by has connected.</summary>
    public RemoteStandbyActor(
        string name, long incarnation, NodeContext context, IActorRef server, ExpectedLinks links,
        Func<BulkToken, object> welcome)
        : base(links)
    {
        (_name, _context, _server) = (name, context, server);
        IActorRef checkpoints = ActorRefs.Nobody;
        var isKeeping = true;
        Expect(new Owner(Self), welcome);
        Receive<TrainingProtocol.WriteCheckpoint>(m =>
        {
            checkpoints = Sender;
            Link!.Send(new BulkHeader(
                BulkKind.Checkpoint, Incarnation: incarnation, Step: m.StepsDone,
                PayloadBytes: m.Contents.Length), m.Contents);
        });
        Receive<Has>(m =>
        {
            if (!isKeeping) _context.Tell(new StandbyAttached(_name));
            isKeeping = true;
            checkpoints.Tell(new CheckpointsActor.StandbySettled(_name, m.StepsDone));
        });
        Receive<HasNot>(m =>
        {
            TellOnce(m.Reason);
            checkpoints.Tell(new CheckpointsActor.StandbySettled(_name, m.StepsDone));
        });
        Receive<CheckpointsActor.StandbyIsLate>(_ => TellOnce("its disk does not answer"));

        void TellOnce(string reason)
        {
            if (isKeeping)
                _context.Tell(
                    new Notice($"stand-by {_name} keeps no checkpoints: {reason}; the run does not wait for it"));
            isKeeping = false;
        }
    }

    /// <summary>How to make one.</summary>
    /// <param name="name">The stand-by's.</param>
    /// <param name="incarnation">The server's fencing number.</param>
    /// <param name="context">Told of it.</param>
    /// <param name="server">The parameter server.</param>
    /// <param name="links">Where its link is announced.</param>
    /// <param name="welcome">What to answer to a hello.</param>
    public static Props Props(
        string name, long incarnation, NodeContext context, IActorRef server, ExpectedLinks links,
        Func<BulkToken, object> welcome) =>
        Akka.Actor.Props.Create(() => new RemoteStandbyActor(name, incarnation, context, server, links, welcome));

    /// <summary>What it keeps stays good: a checkpoint is named by its steps.</summary>
    protected override bool EndsWithIncarnation => false;

    /// <inheritdoc/>
    protected override void Begin()
    {
        _server.Tell(new CheckpointsActor.StandbyJoined(_name));
        _context.Tell(new StandbyAttached(_name));
    }

    /// <inheritdoc/>
    protected override void End(string reason)
    {
        _server.Tell(new CheckpointsActor.StandbyGone(_name));
        _context.Tell(new StandbyLost(_name, reason));
    }

    private sealed record Has(long StepsDone);

    private sealed record HasNot(long StepsDone, string Reason);

    // Acknowledgements, and why there are none, are all that comes.
    private sealed class Owner(IActorRef actor) : ILinkOwner
    {
        private readonly byte[] _reason = new byte[BulkHeader.FailureBytes];

        void ILinkOwner.Opened(ILink link) => actor.Tell(new LinkOpened(link));

        bool ILinkOwner.TryPlace(in BulkHeader header, out Memory<byte> place, out string? refusal)
        {
            place = header.Kind == BulkKind.Failure ? _reason.AsMemory(0, header.PayloadBytes) : default;
            refusal = header.Kind is BulkKind.CheckpointAck or BulkKind.Failure or BulkKind.Bye
                ? null
                : $"{header.Kind} of a stand-by";
            return refusal is null;
        }

        void ILinkOwner.Arrived(in BulkHeader header, ReadOnlyMemory<byte> payload)
        {
            actor.Tell(header.Kind switch
            {
                BulkKind.CheckpointAck => new Has(header.Step),
                BulkKind.Failure => new HasNot(header.Step, Encoding.UTF8.GetString(payload.Span)),
                _ => new CloseLink("it left"),
            });
        }

        void ILinkOwner.Closed(string reason) => actor.Tell(new LinkClosed(reason));
    }
}
