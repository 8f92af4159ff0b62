namespace ActorTrain.Actors.Bulk;

/// <summary>Writes frames to a stream, waiting as long as it takes; somebody else watches <see cref="StandingStillMs"/>.</summary>
internal sealed class FrameWriter(Stream stream)
{
    // A header alone would be a packet and, under TLS, a record of its own: the payload's beginning goes with it.
    private const int HeadBytes = 16_000;

    // How much goes to the stream at once, and so must move within the frame timeout.
    private const int ChunkBytes = 1 << 20;

    private readonly byte[] _head = new byte[HeadBytes];
    private long _lastBytes;

    /// <summary>For how long the frame that is being written has not moved; 0 between frames.</summary>
    public long StandingStillMs => Stillness.Of(ref _lastBytes);

    /// <summary>Writes a frame.</summary>
    /// <exception cref="IOException">The connection is gone.</exception>
    public void Write(in BulkHeader header, ReadOnlySpan<byte> payload)
    {
        header.Write(_head);
        var first = Math.Min(payload.Length, HeadBytes - BulkHeader.Bytes);
        payload[..first].CopyTo(_head.AsSpan(BulkHeader.Bytes));
        WriteChunk(_head.AsSpan(0, BulkHeader.Bytes + first));
        for (payload = payload[first..]; !payload.IsEmpty; payload = payload[Math.Min(ChunkBytes, payload.Length)..])
            WriteChunk(payload[..Math.Min(ChunkBytes, payload.Length)]);
        Stillness.End(ref _lastBytes);
    }

    private void WriteChunk(ReadOnlySpan<byte> bytes)
    {
        Stillness.Start(ref _lastBytes);
        stream.Write(bytes);
    }
}
