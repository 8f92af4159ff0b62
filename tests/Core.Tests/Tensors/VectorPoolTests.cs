namespace ActorTrain.Core.Tests.Tensors;

public class VectorPoolTests
{
    [Fact]
    public void A_vector_that_was_given_back_is_handed_out_again()
    {
        var pool = new VectorPool();
        var vector = pool.Take(3);
        Assert.NotSame(vector, pool.Take(3));
        pool.Return(vector.Frozen);
        Assert.NotSame(vector, pool.Take(4));
        Assert.Same(vector, pool.Take(3));
    }

    [Fact]
    public void A_vector_that_is_given_back_twice_is_handed_out_once()
    {
        var pool = new VectorPool();
        var vector = pool.Take(3);
        pool.Return(vector.Frozen);
        pool.Return(vector.Frozen);
        Assert.Same(vector, pool.Take(3));
        Assert.NotSame(vector, pool.Take(3));
    }

    [Fact]
    public void A_vector_from_elsewhere_or_one_that_was_abandoned_is_never_handed_out()
    {
        var pool = new VectorPool();
        var stranger = FlatVector.Zeros(3);
        pool.Return(stranger);
        var abandoned = pool.Take(3);
        Assert.NotSame(stranger, abandoned.Frozen);
        pool.Abandon(abandoned.Frozen);
        pool.Return(abandoned.Frozen);
        Assert.NotSame(abandoned, pool.Take(3));
    }
}
