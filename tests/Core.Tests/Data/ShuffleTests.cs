using FsCheck.Xunit;

namespace ActorTrain.Core.Tests.Data;

public class ShuffleTests
{
    [Fact]
    public void The_first_epochs_of_MNIST_with_seed_7_begin_as_they_always_did()
    {
        // Computed a second time by an independent implementation in Python.
        Assert.Equal<int>(
            [44248, 12629, 18074, 2312, 55306, 30798, 27482, 34240], Shuffle.Order(60_000, seed: 7, epoch: 0).Take(8));
        Assert.Equal<int>(
            [25081, 56870, 43972, 9205, 27165, 45778, 17222, 6697], Shuffle.Order(60_000, seed: 7, epoch: 1).Take(8));
    }

    [Property]
    public void Every_index_comes_exactly_once(ulong seed, ushort epoch, byte count) =>
        Assert.Equal(Enumerable.Range(0, count), Shuffle.Order(count, seed, epoch).Order());

    [Property]
    public void The_order_is_a_function_of_seed_and_epoch(ulong seed, ushort epoch)
    {
        var order = Shuffle.Order(100, seed, epoch);
        Assert.Equal<int>(order, Shuffle.Order(100, seed, epoch));
        Assert.NotEqual<int>(order, Shuffle.Order(100, seed, epoch + 1));
        Assert.NotEqual<int>(order, Shuffle.Order(100, seed + 1, epoch));
    }

    [Fact]
    public void All_orders_of_three_are_equally_frequent()
    {
        var counts = Enumerable.Range(0, 6000)
            .GroupBy(epoch => string.Concat(Shuffle.Order(3, seed: 1, epoch))).ToDictionary(g => g.Key, g => g.Count());
        Assert.Equal(6, counts.Count);
        // Standard deviation of a count: √(6000·1/6·5/6) = 29.
        Assert.All(counts.Values, count => Assert.InRange(count, 1000 - 120, 1000 + 120));
    }

    [Fact]
    public void The_sequential_order_counts_up() => Assert.Equal<int>([0, 1, 2, 3], Shuffle.Sequential(4));

    [Fact]
    public void Nothing_and_a_single_example_have_one_order()
    {
        Assert.Empty(Shuffle.Order(0, 1, 0));
        Assert.Equal<int>([0], Shuffle.Order(1, 1, 0));
    }

    [Fact]
    public void Negative_counts_and_epochs_are_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>("count", () => Shuffle.Order(-1, 0, 0));
        Assert.Throws<ArgumentOutOfRangeException>("epoch", () => Shuffle.Order(1, 0, -1));
        Assert.Throws<ArgumentOutOfRangeException>("count", () => Shuffle.Sequential(-1));
    }
}
