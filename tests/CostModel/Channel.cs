namespace ActorTrain.CostModel;

/// <summary>
/// One direction of a bulk connection: a thread that sends, a thread that receives, and between two machines the
/// network of both. Bytes are received while others are sent, so a frame takes as long as the slowest of these.
/// </summary>
internal sealed class Channel(VirtualTime time, Costs costs, Machine from, Machine to)
{
    // As BulkConnection: a larger payload is left to the thread that sends.
    private const int MostBytesAtOnce = 1 << 16;

    private readonly Lane _sender = new(time, costs);
    private readonly Lane _receiver = new(time, costs);

    /// <summary>Sends a frame: first the caller's own part of it, then the threads'.</summary>
    /// <param name="bytes">Of its payload.</param>
    /// <param name="arrived">When it is received.</param>
    /// <param name="next">When the caller may go on.</param>
    public void Send(long bytes, Action arrived, Action next)
    {
        var isWrittenHere = _sender.IsIdle && bytes <= MostBytesAtOnce;
        from.Cores.Use(isWrittenHere ? costs.Send.Of(bytes) : costs.Queue, () =>
        {
            _sender.Add(
                done => Transfer(bytes, isWrittenHere ? 0 : costs.Send.Of(bytes), arrived, done), isWrittenHere);
            next();
        });
    }

    private void Transfer(long bytes, double sending, Action arrived, Action sent)
    {
        Action? receiverIsFree = null;
        var received = new Countdown(2, () =>
        {
            receiverIsFree!();
            arrived();
        });
        time.After(costs.Latency, () => _receiver.Add(done =>
        {
            receiverIsFree = done;
            to.Cores.Use(costs.Receive.Of(bytes), received.End);
        }));
        var crossed = new Countdown(2, () => time.After(costs.Latency, received.End));
        var left = new Countdown(2, () =>
        {
            crossed.End();
            sent();
        });
        from.Cores.Use(sending, left.End);
        if (from == to)
        {
            left.End();
            crossed.End();
            return;
        }
        from.Out.Use(bytes, left.End);
        to.In.Use(bytes, crossed.End);
    }
}
