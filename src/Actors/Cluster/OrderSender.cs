using ActorTrain.Actors.Bulk;
using ActorTrain.Server;

namespace ActorTrain.Actors;

/// <summary>
/// Sends orders over one worker node's link, with the parameters where the node does not have them yet.
/// </summary>
/// <param name="link">The node's.</param>
/// <param name="owner">The server's end of it: answers may come for what was sent.</param>
internal sealed class OrderSender(ILink link, WorkerLink owner) : IOrderSink
{
    private readonly List<WorkOrder> _ahead = [];
    private (long Incarnation, long Version) _sent = (-1, -1);
    private (WorkKey Key, FlatVector Parameters, int Sent)? _streamed;

    /// <inheritdoc/>
    public void Send(WorkOrder order, bool isAhead)
    {
        if (isAhead) _ahead.Add(order);
        else Send(order);
    }

    // The orders go behind the first piece: the node begins with the layers whose parameters are there.
    /// <inheritdoc/>
    public void Written(int count)
    {
        var (key, parameters, sent) = _streamed ??= (_ahead[0].Key, BulkWork.ParametersOf(_ahead[0])!, 0);
        var isLast = count == parameters.Count;
        var bytes = FloatBytes.Of(parameters.Memory[sent..count]);
        link.Send(BulkWork.PieceOf(key, bytes.Length, sent, isLast), bytes);
        (_sent, _streamed) = ((key.Incarnation, key.Version), isLast ? null : (key, parameters, count));
        foreach (var order in _ahead) Send(order);
        _ahead.Clear();
    }

    private void Send(WorkOrder order)
    {
        var key = order.Key;
        if (BulkWork.ParametersOf(order) is { } parameters && _sent != (key.Incarnation, key.Version))
        {
            SendVector(BulkKind.Weights, key, parameters, index: 0);
            if (order is LocalStepsOrder { Optimizer.Moments: var moments })
                for (var i = 0; i < moments.Length; i++) SendVector(BulkKind.Moments, key, moments[i], i);
            _sent = (key.Incarnation, key.Version);
        }
        owner.Expect(order);
        link.Send(BulkWork.OrderOf(order), default);
    }

    private void SendVector(BulkKind kind, WorkKey key, FlatVector vector, int index)
    {
        var bytes = FloatBytes.Of(vector.Memory);
        link.Send(BulkWork.VectorOf(kind, key, bytes.Length, index), bytes);
    }
}
