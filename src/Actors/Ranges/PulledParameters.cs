using System.Collections.Immutable;
using ActorTrain.Actors.Bulk;
using ActorTrain.Server;

namespace ActorTrain.Actors;

/// <summary>
/// A worker's parameters, pulled from the holders of their ranges: whole vectors, each range filled from its beginning
/// on by the thread of its own link, while shards compute from what is there already.
/// </summary>
/// <param name="ranges">Of the whole vector, in order.</param>
internal sealed class PulledParameters(ImmutableArray<ParameterRange> ranges)
{
    private readonly object _lock = new();

    // Two: the next version is received while the last one may still be read for an answer that nobody waits for.
    private readonly Set[] _sets = [new(ranges), new(ranges)];
    private readonly ReceiveBuffer _nowhere = ReceiveBuffer.Of(ranges.Max(r => r.Count));
    private long _newest = -1;
    private bool _isLost;

    /// <summary>A version is wanted from here on, and no older one; the vector that it will be in.</summary>
    public FlatVector Begin(long version)
    {
        lock (_lock)
        {
            if (_newest != version)
            {
                _newest = version;
                SetOf(version).Clear(version);
                Monitor.PulseAll(_lock);
            }
            return SetOf(version).Buffer.Vector;
        }
    }

    /// <summary>
    /// Where a piece of a range is received; nowhere that is read, when it is of a version that nobody wants any more.
    /// False: it does not follow what came before.
    /// </summary>
    public bool TryPlace(int range, in BulkHeader header, out Memory<byte> place)
    {
        place = default;
        lock (_lock)
        {
            var set = SetOf(header.Version);
            var isWanted = set.Version == header.Version;
            var length = header.PayloadBytes / sizeof(float);
            if (header.Version > _newest || header.PayloadBytes % sizeof(float) != 0) return false;
            if (header.Offset < ranges[range].Start || header.Offset + (long)length > ranges[range].End) return false;
            if (isWanted && header.Offset != ranges[range].Start + set.Filled[range]) return false;
            place = isWanted
                ? set.Buffer.Place.Slice(header.Offset * sizeof(float), header.PayloadBytes)
                : _nowhere.Place[..header.PayloadBytes];
            return true;
        }
    }

    /// <summary>A piece has come to its place.</summary>
    public void Advance(int range, in BulkHeader header)
    {
        lock (_lock)
        {
            var set = SetOf(header.Version);
            if (set.Version != header.Version) return;
            set.Filled[range] += header.PayloadBytes / sizeof(float);
            Monitor.PulseAll(_lock);
        }
    }

    /// <summary>A version is not to be had any more.</summary>
    public void Refuse(long version)
    {
        lock (_lock)
        {
            if (SetOf(version).Version == version) SetOf(version).Clear(version: -1);
            Monitor.PulseAll(_lock);
        }
    }

    /// <summary>No more will come.</summary>
    public void Lose()
    {
        lock (_lock)
        {
            _isLost = true;
            Monitor.PulseAll(_lock);
        }
    }

    /// <summary>Returns when so many elements of a version are there, from the first one on.</summary>
    /// <exception cref="OperationCanceledException">They will not come any more.</exception>
    public void Await(long version, int count)
    {
        lock (_lock)
        {
            while (!_isLost && IsComing(version) && !IsHere(version, count)) Monitor.Wait(_lock);
            if (!IsHere(version, count))
                throw new OperationCanceledException("the rest of the parameters did not come");
        }
    }

    private Set SetOf(long version) => _sets[version & 1];

    private bool IsComing(long version) => version == _newest && SetOf(version).Version == version;

    private bool IsHere(long version, int count)
    {
        var set = SetOf(version);
        if (set.Version != version) return false;
        for (var i = 0; i < ranges.Length && ranges[i].Start < count; i++)
            if (ranges[i].Start + set.Filled[i] < Math.Min(count, ranges[i].End)) return false;
        return true;
    }

    private sealed class Set(ImmutableArray<ParameterRange> ranges)
    {
        public ReceiveBuffer Buffer { get; } = ReceiveBuffer.Of(ranges[^1].End);

        public int[] Filled { get; } = new int[ranges.Length];

        public long Version { get; private set; } = -1;

        public void Clear(long version)
        {
            Version = version;
            Array.Clear(Filled);
        }
    }
}
