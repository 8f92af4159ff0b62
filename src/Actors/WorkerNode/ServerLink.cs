using ActorTrain.Actors.Bulk;
using ActorTrain.Server;
using Akka.Actor;

namespace ActorTrain.Actors;

/// <summary>
/// A worker node's end of the link to the server: receives parameters, once for each version, and turns orders into work
/// on them. Called by the link's receiving thread.
/// </summary>
/// <param name="incarnation">The server that the link leads to; frames of another one are refused.</param>
/// <param name="plan">The run's plan.</param>
/// <param name="session">Told when the link is closed.</param>
/// <param name="node">Gets the orders.</param>
internal sealed class ServerLink(long incarnation, TrainingPlan plan, IActorRef session, IActorRef node) : ILinkOwner
{
    // Two: the next version is received while the last one may still be read for an answer that nobody waits for.
    private readonly ReceiveBuffer[] _buffers = Buffers(plan.Recipe.Model.Layout.Count);
    private ReceiveBuffer? _parameters;
    private long _version = -1;

    // Before any order, so that no answer is without a link.
    /// <inheritdoc/>
    public void Opened(ILink link) => node.Tell(new WorkerNodeActor.UseLink(link));

    /// <inheritdoc/>
    public bool TryPlace(in BulkHeader header, out Memory<byte> place, out string? refusal)
    {
        place = default;
        refusal = header.Kind switch
        {
            _ when header.Kind != BulkKind.Bye && header.Incarnation != incarnation => $"{header.Kind} of server {header.Incarnation}, this is server {incarnation}'s link",
            BulkKind.Weights when header.PayloadBytes != plan.Recipe.Model.Layout.Count * sizeof(float) => $"parameters of {header.PayloadBytes} bytes",
            BulkKind.Order when header.Version != _version => $"an order for version {header.Version}, whose parameters did not come",
            BulkKind.Order when !IsWork(header) => $"an order for {BulkWork.KeyOf(header)}",
            BulkKind.Weights or BulkKind.Order or BulkKind.Bye => null,
            _ => $"{header.Kind}, which is not for a worker",
        };
        if (refusal is not null || header.Kind != BulkKind.Weights) return refusal is null;
        _parameters = ReferenceEquals(_parameters, _buffers[0]) ? _buffers[1] : _buffers[0];
        place = _parameters.Place;
        return true;
    }

    /// <inheritdoc/>
    public void Arrived(in BulkHeader header, ReadOnlyMemory<byte> payload)
    {
        if (header.Kind == BulkKind.Weights) _version = header.Version;
        if (header.Kind != BulkKind.Order) return;
        var key = BulkWork.KeyOf(header);
        node.Tell(new OrderArrived(key.Kind == WorkKind.Evaluation
            ? new EvaluationOrder(key, _parameters!.Vector)
            : new GradientOrder(key, _parameters!.Vector)));
    }

    /// <inheritdoc/>
    public void Closed(string reason)
    {
        node.Tell(new WorkerNodeActor.UseLink(null));
        session.Tell(new WorkerSessionActor.LinkClosed(this, reason));
    }

    // A node of the tree that exists: anything else would be an error deep in a computation.
    private bool IsWork(in BulkHeader header)
    {
        var key = BulkWork.KeyOf(header);
        if (key.Kind is not (WorkKind.Gradient or WorkKind.Evaluation) || key.Step > plan.TotalSteps) return false;
        var tree = key.Kind == WorkKind.Evaluation ? plan.EvaluationTree : plan.TreeOf(plan.PositionOf(key.Step).Step);
        return key.Node.Level <= tree.Root.Level && tree.LeafCount(key.Node) > 0;
    }

    private static ReceiveBuffer[] Buffers(int count)
    {
        var pool = new VectorPool();
        return [Buffer(), Buffer()];

        ReceiveBuffer Buffer()
        {
            var vector = pool.Take(count);
            return new(vector.Frozen, new FloatBytes(vector.Memory).Memory);
        }
    }
}
