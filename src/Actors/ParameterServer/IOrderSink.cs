using ActorTrain.Server;

namespace ActorTrain.Actors;

/// <summary>
/// Where a worker node's orders go, called by the parameter server itself: the way through another actor's mailbox
/// would cost a change of thread for each order and each piece of the parameters. Never waits. For one thread.
/// </summary>
public interface IOrderSink
{
    /// <summary>Sends an order.</summary>
    /// <param name="order">What to do.</param>
    /// <param name="isAhead">True: its parameters are still to be written; <see cref="Written"/> says how far.</param>
    void Send(WorkOrder order, bool isAhead);

    /// <summary>The parameters of the orders that were sent ahead are written up to this element.</summary>
    void Written(int count);
}
