using ActorTrain.Actors.Bulk;
using ActorTrain.Actors.Protocol;

namespace ActorTrain.Actors;

/// <summary>
/// Puts the pieces of bulk frames together again. They come from one sender in order; where one is missing, the link is
/// as good as lost.
/// </summary>
internal sealed class ChunkAssembler(ILinkOwner owner)
{
    private BulkHeader _header;
    private Memory<byte> _place;
    private long _stream;
    private int _next;
    private int _filled;

    /// <summary>Takes the next piece.</summary>
    /// <returns>Why it is refused; none: it was not.</returns>
    public string? Take(ClusterProtocol.BulkChunk chunk)
    {
        if (chunk.Index != _next || (chunk.Index > 0 && chunk.Stream != _stream))
            return "a piece of a frame is missing";
        if (chunk.Index > 0)
        {
            if (chunk.Bytes.Length > _place.Length - _filled) return "a frame that is longer than its header says";
            chunk.Bytes.CopyTo(_place[_filled..]);
            _filled += chunk.Bytes.Length;
        }
        else if (Begin(chunk) is { } refusal)
        {
            return refusal;
        }
        _next = chunk.Index + 1;
        if (_next < chunk.Count) return null;
        _next = 0;
        if (_filled < _place.Length) return "a frame that is shorter than its header says";
        owner.Arrived(_header, _place);
        return null;
    }

    private string? Begin(ClusterProtocol.BulkChunk chunk)
    {
        if (!BulkHeader.TryRead(chunk.Bytes.Span, out _header, out var error)) return error;
        if (!owner.TryPlace(_header, out _place, out var refusal)) return refusal ?? $"an unexpected {_header.Kind}";
        (_stream, _filled) = (chunk.Stream, 0);
        return null;
    }
}
