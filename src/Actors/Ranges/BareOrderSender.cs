using ActorTrain.Actors.Bulk;
using ActorTrain.Server;

namespace ActorTrain.Actors;

/// <summary>Sends orders alone over one worker node's link: it pulls the parameters where they are held.</summary>
/// <param name="link">The node's.</param>
/// <param name="owner">The server's end of it: answers may come for what was sent.</param>
internal sealed class BareOrderSender(ILink link, WorkerLink owner) : IOrderSink
{
    /// <inheritdoc/>
    public void Send(WorkOrder order, bool isAhead)
    {
        owner.Expect(order);
        link.Send(BulkWork.OrderOf(order), default);
    }

    /// <inheritdoc/>
    public void Written(int count)
    {
    }
}
