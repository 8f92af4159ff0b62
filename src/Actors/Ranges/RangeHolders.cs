using System.Collections.Immutable;
using ActorTrain.Actors.Bulk;
using ActorTrain.Server;

namespace ActorTrain.Actors;

/// <summary>The way to the holder of a range.</summary>
/// <param name="Link">To it.</param>
/// <param name="Owner">The server's end.</param>
/// <param name="Range">What it holds.</param>
internal sealed record HolderWay(ILink Link, HolderLink Owner, ParameterRange Range);

/// <summary>The parameter server's way to all holders of ranges. For one thread.</summary>
/// <param name="pool">Where whole vectors are taken from.</param>
internal sealed class RangeHolders(VectorPool pool)
{
    private ImmutableArray<HolderWay> _ways = [];
    private RangeCollection? _collection;

    /// <summary>All ranges have holders.</summary>
    public void Use(ImmutableArray<HolderWay> ways) => _ways = ways;

    /// <summary>A holder is lost, and so all ways to them.</summary>
    public void Drop()
    {
        _collection?.Abandon(pool);
        (_ways, _collection) = ([], null);
    }

    /// <summary>Does what the rules want of the holders.</summary>
    public void CarryOut(ServerEffect effect, ServerState state)
    {
        switch (effect)
        {
            case GiveRanges e:
                foreach (var way in _ways) Give(way, state.Incarnation, e.Training);
                break;
            case UpdateRanges e:
                var (header, nodes) = RangeFrames.UpdateOf(state.Incarnation, e.Version, e.Nodes);
                foreach (var way in _ways) way.Link.Send(header, nodes);
                break;
            case CollectRanges e:
                _collection = new(state.Plan, e.Version, _ways.Length, pool);
                foreach (var way in _ways)
                {
                    way.Owner.Expect(_collection);
                    way.Link.Send(new(BulkKind.Ask, Incarnation: state.Incarnation, Version: e.Version), default);
                }
                break;
            default:
                break;
        }
    }

    /// <summary>A range has come; all of them, when it was the last.</summary>
    public RangesCollected? Take(RangeCame m)
    {
        if (!ReferenceEquals(m.Collection, _collection)) return null;
        var whole = _collection.Add();
        if (whole is not null) _collection = null;
        return whole;
    }

    private static void Give(HolderWay way, long incarnation, TrainingState training)
    {
        var moments = training.Optimizer.Moments;
        for (var i = 0; i < moments.Length; i++) Send(BulkKind.Moments, moments[i], i);
        Send(BulkKind.Weights, training.Parameters, index: 0);

        void Send(BulkKind kind, FlatVector vector, int index)
        {
            var bytes = FloatBytes.Of(vector.Memory.Slice(way.Range.Start, way.Range.Count));
            way.Link.Send(
                RangeFrames.VectorOf(kind, incarnation, training.Version, bytes.Length, way.Range.Start, index), bytes);
        }
    }

    /// <summary>To the parameter server: all ranges have holders.</summary>
    internal sealed record AllHeld(ImmutableArray<HolderWay> Ways);

    /// <summary>To the parameter server: a range is at its place.</summary>
    internal sealed record RangeCame(RangeCollection Collection);
}
