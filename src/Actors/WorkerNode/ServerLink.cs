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
    // Two sets: the next version is received while the last one may still be read for an answer that nobody waits for.
    private readonly ReceivedState[] _states = [new(plan), new(plan)];
    private ReceivedState _state = new(plan);
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
            BulkKind.Weights or BulkKind.Moments when header.PayloadBytes != plan.Recipe.Model.Layout.Count * sizeof(float) => $"{header.Kind} of {header.PayloadBytes} bytes",
            BulkKind.Moments when header.Level != _state.MomentsHere || _state.MomentsHere == _state.Moments.Length => $"moment {header.Level}, which does not belong here",
            BulkKind.Moments or BulkKind.Order when header.Version != _version => $"{header.Kind} for version {header.Version}, whose parameters did not come",
            BulkKind.Order when !IsWork(header) => $"an order for {BulkWork.KeyOf(header)}",
            BulkKind.Weights or BulkKind.Moments or BulkKind.Order or BulkKind.Bye => null,
            _ => $"{header.Kind}, which is not for a worker",
        };
        if (refusal is not null) return false;
        if (header.Kind == BulkKind.Weights)
        {
            _state = ReferenceEquals(_state, _states[0]) ? _states[1] : _states[0];
            _state.MomentsHere = 0;
        }
        place = header.Kind switch
        {
            BulkKind.Weights => _state.Parameters.Place,
            BulkKind.Moments => _state.Moments[header.Level].Place,
            _ => default,
        };
        return true;
    }

    /// <inheritdoc/>
    public void Arrived(in BulkHeader header, ReadOnlyMemory<byte> payload)
    {
        if (header.Kind == BulkKind.Weights) _version = header.Version;
        if (header.Kind == BulkKind.Moments) _state.MomentsHere++;
        if (header.Kind != BulkKind.Order) return;
        var (key, parameters) = (BulkWork.KeyOf(header), _state.Parameters.Vector);
        node.Tell(new OrderArrived(key.Kind switch
        {
            WorkKind.Evaluation => new EvaluationOrder(key, parameters),
            WorkKind.LocalSteps => new LocalStepsOrder(
                key, key.Step + header.Correct, header.Rows, parameters, new(key.Version, [.. _state.Moments.Select(m => m.Vector)])),
            _ => new GradientOrder(key, parameters),
        }));
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
        if (key.Step > plan.TotalSteps) return false;
        if (key.Kind == WorkKind.LocalSteps)
        {
            var first = key.Step + header.Correct;
            return header.Rows >= 1 && first + header.Rows <= plan.TotalSteps && _state.MomentsHere == _state.Moments.Length;
        }
        if (key.Kind is not (WorkKind.Gradient or WorkKind.Evaluation)) return false;
        var tree = key.Kind == WorkKind.Evaluation ? plan.EvaluationTree : plan.TreeOf(plan.PositionOf(key.Step).Step);
        return key.Node.Level <= tree.Root.Level && tree.LeafCount(key.Node) > 0;
    }

    /// <summary>Where a version's parameters are received, and the optimiser's moments for those who make steps of their own.</summary>
    private sealed class ReceivedState(TrainingPlan plan)
    {
        public ReceiveBuffer Parameters { get; } = ReceiveBuffer.Of(plan.Recipe.Model.Layout.Count);

        public ReceiveBuffer[] Moments { get; } = plan.Recipe.Strategy is LocalSgd
            ? [.. Enumerable.Range(0, plan.Recipe.Optimizer.MomentCount).Select(_ => ReceiveBuffer.Of(plan.Recipe.Model.Layout.Count))]
            : [];

        public int MomentsHere { get; set; }
    }
}
