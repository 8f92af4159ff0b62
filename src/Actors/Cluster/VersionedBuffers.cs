using ActorTrain.Actors.Bulk;

namespace ActorTrain.Actors;

/// <summary>A vector that frames are received into.</summary>
/// <param name="Vector">To read, once the frame has come.</param>
/// <param name="Place">The same memory, to receive into.</param>
internal sealed record ReceiveBuffer(FlatVector Vector, Memory<byte> Place)
{
    /// <summary>New memory.</summary>
    /// <param name="count">Floats.</param>
    public static ReceiveBuffer Of(int count)
    {
        var vector = new VectorPool().Take(count);
        return new(vector.Frozen, new FloatBytes(vector.Memory).Memory);
    }
}

/// <summary>
/// Vectors to receive into, used again from version to version: what was received for one stays valid until something
/// is taken for another. For one thread at a time.
/// </summary>
/// <param name="count">Floats of each.</param>
internal sealed class VersionedBuffers(int count)
{
    private readonly List<ReceiveBuffer> _buffers = [];
    private (long Incarnation, long Version) _version = (-1, -1);
    private int _inUse;

    /// <summary>A vector for something of this version.</summary>
    public ReceiveBuffer Take(long incarnation, long version)
    {
        if (_version != (incarnation, version)) _inUse = 0;
        _version = (incarnation, version);
        if (_inUse == _buffers.Count) _buffers.Add(ReceiveBuffer.Of(count));
        return _buffers[_inUse++];
    }
}
