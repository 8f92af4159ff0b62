using ActorTrain.Actors.Bulk;
using ActorTrain.Server;
using Akka.Actor;

namespace ActorTrain.Actors;

/// <summary>
/// A worker node's end of the link to the server: receives parameters, once for each version, and turns orders into
/// work on them. Called by the link's receiving thread.
/// </summary>
/// <param name="incarnation">The server that the link leads to; frames of another one are refused.</param>
/// <param name="plan">The run's plan.</param>
/// <param name="session">Told when the link is closed.</param>
/// <param name="node">Gets the orders.</param>
internal sealed class ServerLink(long incarnation, TrainingPlan plan, IActorRef session, IActorRef node) : ILinkOwner
{
    private readonly long _vectorBytes = plan.Recipe.Model.Layout.Count * (long)sizeof(float);

    // Two sets: the next version is received while the last one may still be read for an answer that nobody waits for.
    private ReceivedState _state = new(plan);
    private ReceivedState _other = new(plan);
    private long _version = -1;
    private long _filling = -1;
    private int _filled;
    private ArrivingVector? _arriving;

    // Before any order, so that no answer is without a link.
    /// <inheritdoc/>
    public void Opened(ILink link) => node.Tell(new WorkerNodeActor.UseLink(link));

    /// <inheritdoc/>
    public bool TryPlace(in BulkHeader header, out Memory<byte> place, out string? refusal)
    {
        place = default;
        refusal = header.Kind switch
        {
            _ when header.Kind != BulkKind.Bye && header.Incarnation != incarnation =>
                $"{header.Kind} of server {header.Incarnation}, this is server {incarnation}'s link",
            BulkKind.Moments when header.PayloadBytes != _vectorBytes =>
                $"{header.Kind} of {header.PayloadBytes} bytes",
            BulkKind.Weights or BulkKind.WeightsPart when !IsNext(header) =>
                $"{header.Kind} of {header.PayloadBytes} bytes from element {header.Offset} on",
            BulkKind.Moments when header.Level != _state.MomentsHere || _state.MomentsHere == _state.Moments.Length =>
                $"moment {header.Level}, which does not belong here",
            BulkKind.Moments when header.Version != _version =>
                $"{header.Kind} for version {header.Version}, whose parameters did not come",
            BulkKind.Order when header.Version != _filling =>
                $"{header.Kind} for version {header.Version}, whose parameters did not come",
            BulkKind.Order when !IsWork(header) => $"an order for {BulkWork.KeyOf(header)}",
            BulkKind.Weights or BulkKind.WeightsPart or BulkKind.Moments or BulkKind.Order or BulkKind.Bye => null,
            _ => $"{header.Kind}, which is not for a worker",
        };
        if (refusal is not null) return false;
        if (header.Kind is BulkKind.Weights or BulkKind.WeightsPart) Begin(header);
        place = header.Kind switch
        {
            BulkKind.Weights or BulkKind.WeightsPart =>
                _state.Parameters.Place.Slice(header.Offset * sizeof(float), header.PayloadBytes),
            BulkKind.Moments => _state.Moments[header.Level].Place,
            _ => default,
        };
        return true;
    }

    /// <inheritdoc/>
    public void Arrived(in BulkHeader header, ReadOnlyMemory<byte> payload)
    {
        if (header.Kind is BulkKind.Weights or BulkKind.WeightsPart) Fill(header);
        if (header.Kind == BulkKind.Moments) _state.MomentsHere++;
        if (header.Kind != BulkKind.Order) return;
        var (key, parameters) = (BulkWork.KeyOf(header), _state.Parameters.Vector);
        ParameterArrival? arrival = header.Version == _version ? null : _arriving!.Await;
        node.Tell(new OrderArrived(key.Kind switch
        {
            WorkKind.Evaluation => new EvaluationOrder(key, parameters) { Arrival = arrival },
            WorkKind.LocalSteps => new LocalStepsOrder(
                key, key.Step + header.Correct, header.Rows, parameters,
                new(key.Version, [.. _state.Moments.Select(m => m.Vector)])),
            _ => new GradientOrder(key, parameters) { Arrival = arrival },
        }));
    }

    /// <inheritdoc/>
    public void Closed(string reason)
    {
        _arriving?.Lose();
        node.Tell(new WorkerNodeActor.UseLink(null));
        session.Tell(new ServerSessionActor.LinkClosed(this, reason));
    }

    // The pieces of a version come one after another, from the first element on; weights are the last one.
    private bool IsNext(in BulkHeader header)
    {
        var end = (header.Offset * (long)sizeof(float)) + header.PayloadBytes;
        var isInOrder = header.Offset == 0 || (header.Offset == _filled && header.Version == _filling);
        return isInOrder && (header.Kind == BulkKind.Weights ? end == _vectorBytes : end < _vectorBytes)
            && end % sizeof(float) == 0;
    }

    private void Begin(in BulkHeader header)
    {
        if (header.Offset > 0) return;
        (_state, _other) = (_other, _state);
        (_filling, _version, _state.MomentsHere) = (header.Version, -1, 0);
        _arriving?.Lose();
        _arriving = header.Kind == BulkKind.Weights ? null : new();
    }

    private void Fill(in BulkHeader header)
    {
        _filled = header.Offset + (header.PayloadBytes / sizeof(float));
        if (header.Kind == BulkKind.Weights) _version = header.Version;
        _arriving?.Advance(_filled);
    }

    // A node of the tree that exists: anything else would be an error deep in a computation.
    private bool IsWork(in BulkHeader header)
    {
        var key = BulkWork.KeyOf(header);
        if (key.Step > plan.TotalSteps) return false;
        if (key.Kind == WorkKind.LocalSteps)
        {
            var first = key.Step + header.Correct;
            return header.Version == _version && header.Rows >= 1 && first + header.Rows <= plan.TotalSteps
                && _state.MomentsHere == _state.Moments.Length;
        }
        return IsNode(plan, key);
    }

    /// <summary>Whether a key names a node of a minibatch or of the test split of this run.</summary>
    internal static bool IsNode(TrainingPlan plan, WorkKey key)
    {
        if (key.Kind is not (WorkKind.Gradient or WorkKind.Evaluation) || key.Step > plan.TotalSteps) return false;
        var tree = key.Kind == WorkKind.Evaluation ? plan.EvaluationTree : plan.TreeOf(plan.PositionOf(key.Step).Step);
        return tree.Contains(key.Node);
    }

    /// <summary>
    /// Where a version's parameters are received, and the optimiser's moments for those who make steps of their own.
    /// </summary>
    private sealed class ReceivedState(TrainingPlan plan)
    {
        public ReceiveBuffer Parameters { get; } = ReceiveBuffer.Of(plan.Recipe.Model.Layout.Count);

        public ReceiveBuffer[] Moments { get; } = plan.Recipe.Strategy is LocalSgd
            ? [.. Enumerable.Range(0, plan.UpdateRule.MomentCount)
                .Select(_ => ReceiveBuffer.Of(plan.Recipe.Model.Layout.Count))]
            : [];

        public int MomentsHere { get; set; }
    }
}
