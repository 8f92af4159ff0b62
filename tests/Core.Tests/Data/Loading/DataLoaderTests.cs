using FsCheck.Xunit;

namespace ActorTrain.Core.Tests.Data.Loading;

public class DataLoaderTests
{
    private static readonly Transform Random = Transforms.Compose(
        new ToTensor(), new RandomAffine(Degrees: 15, Translate: 0.1f), new ElasticDeform(Alpha: 8, Sigma: 2));

    private static readonly DataLoader Images = new(Examples.Of(TestImages.Of(23, 6, 5)))
    {
        BatchSize = 4,
        Shuffle = true,
        Transform = Random,
    };

    [Fact]
    public void Batches_come_in_order_and_the_last_has_what_is_left()
    {
        var loader = new DataLoader(Numbers(5)) { BatchSize = 2 };
        Assert.Equal(3, loader.Count);
        var batches = loader.Epoch(0).ToList();
        Assert.Equal([[0, 1], [2, 3], [4]], batches.Select(b => b.Labels.ToArray()));
        Assert.Equal([[0, 10], [20, 30], [40]], batches.Select(b => b.Inputs.ToArray()));
        Assert.Equal(new Shape[] { [2, 1], [2, 1], [1, 1] }, batches.Select(b => b.Inputs.Shape));
    }

    [Fact]
    public void A_last_batch_that_is_not_full_can_be_left_out()
    {
        var loader = new DataLoader(Numbers(5)) { BatchSize = 2, DropLast = true };
        Assert.Equal((2, 2), (loader.Count, loader.Epoch(0).Count()));
        Assert.Empty((loader with { BatchSize = 6 }).Epoch(0));
    }

    [Fact]
    public void A_shuffled_epoch_has_the_order_that_training_has()
    {
        var loader = new DataLoader(Numbers(9)) { BatchSize = 4, Shuffle = true, Seed = 3 };
        for (var epoch = 0; epoch < 3; epoch++)
            Assert.Equal(Shuffle.Order(9, 3, epoch), loader.Epoch(epoch).SelectMany(b => b.Labels));
    }

    [Property]
    public void Every_example_comes_once_an_epoch(byte count, byte batchSize, ulong seed, byte epoch)
    {
        var loader = new DataLoader(Numbers(count)) { BatchSize = 1 + batchSize, Shuffle = true, Seed = seed };
        var batches = loader.Epoch(epoch).ToList();
        Assert.Equal(loader.Count, batches.Count);
        Assert.Equal(Enumerable.Range(0, count), batches.SelectMany(b => b.Labels).Order());
        Assert.All(batches.SkipLast(1), b => Assert.Equal(1 + batchSize, b.Labels.Length));
    }

    [Fact]
    public void Batches_made_beforehand_on_another_thread_have_the_same_bits()
    {
        for (var epoch = 0; epoch < 2; epoch++)
            Assert.Equal(Bits(Images.Epoch(epoch)), Bits(Images.Epoch(epoch, TaskScheduler.Default)));
        Assert.NotEqual(Bits(Images.Epoch(0)), Bits(Images.Epoch(1)));
    }

    [Fact]
    public void An_example_has_the_same_bits_in_a_batch_of_any_size()
    {
        var alone = Images with { BatchSize = 1 };
        Assert.Equal(Bits(Images.Epoch(2)), Bits(alone.Epoch(2)));
    }

    [Fact]
    public void The_next_batch_is_begun_while_the_caller_has_this_one()
    {
        using var third = new ManualResetEventSlim();
        var loader = new DataLoader(new Watched(4, index =>
        {
            if (index == 2) third.Set();
        }))
        { BatchSize = 1 };
        using var batches = loader.Epoch(0, TaskScheduler.Default).GetEnumerator();
        Assert.True(batches.MoveNext());
        Assert.True(batches.MoveNext());
        third.Wait(TestContext.Current.CancellationToken);
        Assert.Equal([1], batches.Current.Labels);
    }

    [Fact]
    public void Who_stops_early_leaves_nothing_running_and_nobody_with_an_error()
    {
        var reading = 0;
        using var started = new ManualResetEventSlim();
        using var go = new ManualResetEventSlim();
        var loader = new DataLoader(new Watched(4, index =>
        {
            if (index == 0) return;
            Interlocked.Increment(ref reading);
            started.Set();
            go.Wait();
            Interlocked.Decrement(ref reading);
            throw new InvalidDataException("not asked for");
        }))
        { BatchSize = 1 };
        using (var batches = loader.Epoch(0, TaskScheduler.Default).GetEnumerator())
        {
            Assert.True(batches.MoveNext());
            started.Wait(TestContext.Current.CancellationToken);
            _ = Task.Delay(50, TestContext.Current.CancellationToken)
                .ContinueWith(_ => go.Set(), TaskScheduler.Default);
        }
        Assert.Equal(0, reading);
    }

    [Fact]
    public void An_error_comes_where_its_batch_is_asked_for()
    {
        var loader = new DataLoader(new Watched(4, index =>
        {
            if (index == 1) throw new InvalidDataException("the second");
        }))
        { BatchSize = 1 };
        foreach (var scheduler in new[] { null, TaskScheduler.Default })
        {
            using var batches = loader.Epoch(0, scheduler).GetEnumerator();
            Assert.True(batches.MoveNext());
            Assert.Equal("the second", Assert.Throws<InvalidDataException>(() => batches.MoveNext()).Message);
        }
    }

    [Fact]
    public void Settings_that_make_no_sense_are_refused() => Assert.StartsWith(
        "DataLoader: BatchSize is 0; give a whole number from 1.",
        Assert.Throws<ArgumentOutOfRangeException>(() => new DataLoader(Numbers(1)) { BatchSize = 0 }).Message,
        StringComparison.Ordinal);

    private static List<uint> Bits(IEnumerable<LoadedBatch> batches) =>
        [.. batches.SelectMany(b => b.Inputs.ToArray()).Select(BitConverter.SingleToUInt32Bits)];

    private static IExamples Numbers(int count) =>
        Examples.Of(Enumerable.Range(0, count).Select(i => (Tensor.Full([1], 10 * i), i)));

    private sealed class Watched(int count, Action<int> onRead) : IExamples
    {
        public int Count => count;

        public (Tensor Input, int Label) this[int index]
        {
            get
            {
                onRead(index);
                return (Tensor.Full([1], index), index);
            }
        }
    }
}
