namespace ActorTrain.Actors.Bulk;

/// <summary>Reads frames, waiting as long as it takes; somebody else watches <see cref="StandingStillMs"/>.</summary>
internal sealed class FrameReader(Wire wire)
{
    private const int SkippedBytes = 64 << 10;

    private readonly byte[] _header = new byte[BulkHeader.Bytes];
    private byte[]? _skipped;
    private long _lastBytes;

    /// <summary>For how long the frame that is being read has not moved; 0 between frames.</summary>
    public long StandingStillMs => Stillness.Of(ref _lastBytes);

    /// <summary>Waits for the next frame and reads its header.</summary>
    /// <returns>Whether there is one: not when the peer has ended after a whole frame.</returns>
    /// <exception cref="FrameException">It is no header of the bulk path.</exception>
    /// <exception cref="IOException">The connection is gone.</exception>
    public bool TryReadHeader(out BulkHeader header)
    {
        header = default;
        var read = wire.Read(_header);
        if (read == 0) return false;
        Stillness.Start(ref _lastBytes);
        Fill(_header.AsSpan(read));
        if (!BulkHeader.TryRead(_header, out header, out var error)) throw new FrameException(error!);
        if (header.PayloadBytes == 0) Stillness.End(ref _lastBytes);
        return true;
    }

    /// <summary>Reads the payload of the last header.</summary>
    /// <exception cref="IOException">The connection is gone.</exception>
    public void ReadPayload(Span<byte> place)
    {
        Stillness.Start(ref _lastBytes);
        Fill(place);
        Stillness.End(ref _lastBytes);
    }

    /// <summary>Waits for bytes and drops them, frames or not.</summary>
    /// <returns>Whether there were any: not when the peer has ended.</returns>
    /// <exception cref="IOException">The connection is gone.</exception>
    public bool TrySkip() => wire.Read(_skipped ??= new byte[SkippedBytes]) > 0;

    private void Fill(Span<byte> place)
    {
        while (!place.IsEmpty)
        {
            var read = wire.Read(place);
            if (read == 0) throw new EndOfStreamException("the connection ended in the middle of a frame");
            Stillness.Start(ref _lastBytes);
            place = place[read..];
        }
    }
}
