namespace ActorTrain.Core.Tests.Tensors;

public class FlatVectorTests
{
    [Fact]
    public void The_checksum_is_that_of_little_endian_floats()
    {
        Assert.Equal("738e86d615200bd3391d7ae379779a8e4644bade56d93d0634aa07004fa697f3", FlatVector.From([1, -2.5f, 0])
            .Sha256());
        Assert.Equal(
            "6d58692645c9d1cfaf13541cbd258f86193ef63c2f1d38f6bbca9617372d7bd6", FlatVector.From([-0f]).Sha256());
        Assert.Equal("df3f619804a92fdb4057192dc43dd748ea778adc52bc498ce80524c014b81119", FlatVector.Zeros(1).Sha256());
    }

    [Fact]
    public void A_vector_is_a_copy_on_a_cache_line()
    {
        float[] values = [1, 2, 3];
        var vector = FlatVector.From(values);
        values[0] = 9;
        Assert.Equal([1, 2, 3], vector.Span.ToArray());
        Assert.Equal(3, vector.Count);
        Assert.Equal(0, Address(vector) % 64);
        Assert.Equal(0, Address(FlatVector.Zeros(5)) % 64);
    }

    private static unsafe long Address(FlatVector vector)
    {
        // Its memory is pinned for good.
        fixed (float* start = vector.Span) return (long)start;
    }
}
