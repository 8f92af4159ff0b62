using ActorTrain.Actors.Bulk;
using ActorTrain.Server;

namespace ActorTrain.Actors;

/// <summary>Whole vectors that the holders' ranges are received into, each at its place.</summary>
internal sealed class RangeCollection
{
    private readonly PooledVector[] _vectors;
    private int _left;

    /// <summary>A collection that nothing has come for yet.</summary>
    /// <param name="plan">The run's plan.</param>
    /// <param name="version">Of the parameters.</param>
    /// <param name="ranges">How many will come.</param>
    /// <param name="pool">Where the vectors are taken from.</param>
    public RangeCollection(TrainingPlan plan, long version, int ranges, VectorPool pool)
    {
        (Version, _left) = (version, ranges);
        _vectors = new PooledVector[1 + plan.UpdateRule.MomentCount];
        for (var i = 0; i < _vectors.Length; i++) _vectors[i] = pool.Take(plan.Recipe.Model.Layout.Count);
    }

    /// <summary>Of the parameters.</summary>
    public long Version { get; }

    /// <summary>How many moments there are.</summary>
    public int Moments => _vectors.Length - 1;

    /// <summary>Where a range of a moment is received. From any thread.</summary>
    public Memory<byte> PlaceOf(ParameterRange range, int moment) => Place(range, 1 + moment);

    /// <summary>Where a range of the parameters is received. From any thread.</summary>
    public Memory<byte> PlaceOf(ParameterRange range) => Place(range, 0);

    /// <summary>One more range is there; all of them, when it was the last.</summary>
    public RangesCollected? Add() => --_left > 0
        ? null
        : new(_vectors[0].Frozen, new(Version, [.. _vectors.Skip(1).Select(v => v.Frozen)]));

    /// <summary>
    /// It will not be completed: the pool forgets the vectors, into which something may still be coming.
    /// </summary>
    public void Abandon(VectorPool pool)
    {
        foreach (var vector in _vectors) pool.Abandon(vector.Frozen);
    }

    private Memory<byte> Place(ParameterRange range, int vector) =>
        new FloatBytes(_vectors[vector].Memory.Slice(range.Start, range.Count)).Memory;
}
