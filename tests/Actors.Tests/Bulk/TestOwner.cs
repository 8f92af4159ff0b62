using System.Collections.Concurrent;
using ActorTrain.Actors.Bulk;

namespace ActorTrain.Actors.Tests.Bulk;

/// <summary>An owner that takes payloads up to a size and tells what happened.</summary>
internal sealed class TestOwner(int maximumBytes = 1 << 20) : ILinkOwner
{
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly byte[] _place = GC.AllocateUninitializedArray<byte>(maximumBytes);
    private readonly BlockingCollection<(BulkHeader Header, byte[] Payload)> _arrived = [];
    private readonly TaskCompletionSource<ILink> _opened = new();
    private readonly TaskCompletionSource<string> _closed = new();
    private int _closings;

    public ILink Link => Wait(_opened.Task);

    public string ClosingReason => Wait(_closed.Task);

    public int Closings => Volatile.Read(ref _closings);

    /// <summary>What else to do with a frame; on the link's thread.</summary>
    public Action<ILink, BulkHeader>? OnArrived { get; set; }

    public int ArrivedCount => _arrived.Count;

    public (BulkHeader Header, byte[] Payload) Next() =>
        _arrived.TryTake(out var frame, Patience) ? frame : throw new TimeoutException("no frame came");

    public void Opened(ILink link) => _opened.SetResult(link);

    public bool TryPlace(in BulkHeader header, out Memory<byte> place, out string? refusal)
    {
        var isShort = header.PayloadBytes <= maximumBytes;
        place = isShort ? _place.AsMemory(0, header.PayloadBytes) : default;
        refusal = isShort ? null : $"{header.Kind} with {header.PayloadBytes} bytes";
        return isShort;
    }

    public void Arrived(in BulkHeader header, ReadOnlyMemory<byte> payload)
    {
        _arrived.Add((header, payload.ToArray()));
        OnArrived?.Invoke(Link, header);
    }

    public void Closed(string reason)
    {
        Interlocked.Increment(ref _closings);
        _closed.TrySetResult(reason);
    }

    private static T Wait<T>(Task<T> task) => task.WaitAsync(Patience).GetAwaiter().GetResult();
}
