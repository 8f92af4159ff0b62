using ActorTrain.Actors.Bulk;

namespace ActorTrain.Actors.Tests.Bulk;

/// <summary>Reads nothing before a gate opens.</summary>
internal sealed class SlowOwner(ManualResetEventSlim gate) : ILinkOwner
{
    private readonly TaskCompletionSource<string> _closed = new();

    public List<long> Steps { get; } = [];

    public void Opened(ILink link) => gate.Wait();

    public bool TryPlace(in BulkHeader header, out Memory<byte> place, out string? refusal)
    {
        (place, refusal) = (new byte[header.PayloadBytes], null);
        return true;
    }

    public string ClosingReason => _closed.Task.WaitAsync(TestOwner.Patience).GetAwaiter().GetResult();

    public void Arrived(in BulkHeader header, ReadOnlyMemory<byte> payload) => Steps.Add(header.Step);

    public void Closed(string reason) => _closed.TrySetResult(reason);
}
