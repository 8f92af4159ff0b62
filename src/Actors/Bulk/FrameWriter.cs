namespace ActorTrain.Actors.Bulk;

/// <summary>Writes frames to a wire, one after another; somebody else watches <see cref="StandingStillMs"/>.</summary>
internal sealed class FrameWriter(Wire wire)
{
    // A header alone would be a packet and, under TLS, a record of its own: the payload's beginning goes with it.
    private const int HeadBytes = 16_000;

    private readonly byte[] _head = new byte[HeadBytes];
    private int _headEnd;
    private ReadOnlyMemory<byte> _payload;
    private int _position;
    private long _lastBytes;

    /// <summary>For how long the frame that is being written has not moved; 0 between frames.</summary>
    public long StandingStillMs => Stillness.Of(ref _lastBytes);

    /// <summary>Whether the frame is written to its end.</summary>
    public bool IsDone => _position == BulkHeader.Bytes + _payload.Length;

    /// <summary>Begins the next frame.</summary>
    public void Begin(in BulkHeader header, ReadOnlyMemory<byte> payload)
    {
        Stillness.Start(ref _lastBytes);
        header.Write(_head);
        var first = Math.Min(payload.Length, HeadBytes - BulkHeader.Bytes);
        payload.Span[..first].CopyTo(_head.AsSpan(BulkHeader.Bytes));
        (_payload, _position, _headEnd) = (payload, 0, BulkHeader.Bytes + first);
    }

    /// <summary>Writes what can go without waiting.</summary>
    /// <exception cref="IOException">The connection is gone.</exception>
    public void TryFinish()
    {
        while (!IsDone)
        {
            var written = wire.TryWrite(Rest);
            if (written == 0) return;
            Advance(written);
        }
        End();
    }

    /// <summary>Writes to the end, waiting as long as it takes.</summary>
    /// <exception cref="IOException">The connection is gone.</exception>
    public void Finish()
    {
        while (!IsDone) Advance(wire.Write(Rest));
        End();
    }

    private ReadOnlySpan<byte> Rest =>
        _position < _headEnd
            ? _head.AsSpan(_position, _headEnd - _position)
            : _payload.Span[(_position - BulkHeader.Bytes)..];

    private void Advance(int written)
    {
        _position += written;
        Stillness.Start(ref _lastBytes);
    }

    private void End() => Stillness.End(ref _lastBytes);
}
