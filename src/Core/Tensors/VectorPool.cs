using ActorTrain.Kernels;

namespace ActorTrain;

/// <summary>
/// Memory for the vectors of the next version, reused from a version that nobody reads any more. Whoever returns a
/// vector promises that no reader is left in this process; those of <see cref="MappedFloats"/>, which others may still
/// read, are renewed. A vector that is never returned is freed by the garbage collector. For one thread at a time.
/// </summary>
/// <param name="memory">Where new memory is taken from; none: ordinary memory.</param>
public sealed class VectorPool(VectorMemory? memory = null)
{
    private readonly List<PooledVector> _free = [];
    private readonly List<PooledVector> _taken = [];

    /// <summary>Memory for <paramref name="count"/> floats, contents unspecified.</summary>
    public PooledVector Take(int count)
    {
        // Loops, not lambdas: a lambda that captures makes garbage with every vector.
        var index = 0;
        while (index < _free.Count && _free[index].Frozen.Count != count) index++;
        var vector = index < _free.Count ? _free[index] : PooledVector.Allocate(count, memory);
        if (index < _free.Count)
        {
            _free.RemoveAt(index);
            MappedFloats.Renew(vector.Memory);
        }
        _taken.Add(vector);
        return vector;
    }

    /// <summary>Gives a vector's memory back; one that did not come from here is left alone.</summary>
    public void Return(FlatVector vector) => Release(vector, reuse: true);

    /// <summary>Forgets a vector that somebody may still read.</summary>
    public void Abandon(FlatVector vector) => Release(vector, reuse: false);

    private void Release(FlatVector vector, bool reuse)
    {
        var index = 0;
        while (index < _taken.Count && !ReferenceEquals(_taken[index].Frozen, vector)) index++;
        if (index == _taken.Count) return;
        if (reuse) _free.Add(_taken[index]);
        _taken.RemoveAt(index);
    }
}

/// <summary>Memory for a vector that is still being written.</summary>
/// <param name="Memory">To write.</param>
/// <param name="Frozen">The vector over that memory, to publish when it is written.</param>
public sealed record PooledVector(Memory<float> Memory, FlatVector Frozen)
{
    internal static PooledVector Allocate(int count, VectorMemory? source)
    {
        var memory = AlignedMemory.Allocate(count, source);
        return new(memory, new(memory));
    }
}
