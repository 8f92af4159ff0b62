using System.Collections.Immutable;
using System.Runtime.InteropServices;

namespace ActorTrain;

/// <summary>A batch of a <see cref="DataLoader"/>.</summary>
/// <param name="Inputs">[N, …].</param>
/// <param name="Labels">[N].</param>
public sealed record LoadedBatch(Tensor Inputs, ImmutableArray<int> Labels);

/// <summary>
/// Examples in batches, as PyTorch's <c>DataLoader</c>. An epoch's batches are a pure function of (examples, settings,
/// epoch): whichever thread asks, in whichever order, gets the same bits.
/// </summary>
/// <param name="Source">The examples.</param>
public sealed record DataLoader(IExamples Source)
{
    /// <summary>Examples of a batch, at least 1; the last one may have fewer. Default 1.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Below 1.</exception>
    public int BatchSize
    {
        get;
        init => field = (int)Allowed.From1(value, nameof(DataLoader), nameof(BatchSize));
    } = 1;

    /// <summary>True: each epoch has an order of its own, <see cref="ActorTrain.Shuffle"/>.</summary>
    public bool Shuffle { get; init; }

    /// <summary>True: a last batch that is not full is left out.</summary>
    public bool DropLast { get; init; }

    /// <summary>What shuffles and random transforms depend on, besides the epoch. Default 7.</summary>
    public ulong Seed { get; init; } = 7;

    /// <summary>What happens to each input; none: nothing.</summary>
    public Transform? Transform { get; init; }

    /// <summary>Batches of an epoch.</summary>
    public int Count => (Source.Count / BatchSize) + (Source.Count % BatchSize > 0 && !DropLast ? 1 : 0);

    /// <summary>The batches of an epoch, each made when it is asked for.</summary>
    /// <param name="epoch">From 0 on.</param>
    /// <param name="prefetchOn">Where the next batch is made while the caller works with this one, for example
    /// <see cref="TaskScheduler.Default"/>; none: on the caller's thread. The batches are the same.</param>
    /// <exception cref="ArgumentOutOfRangeException">A negative epoch.</exception>
    /// <exception cref="ShapeMismatchException">While reading: inputs of a batch differ in shape, or a transform does
    /// not take them.</exception>
    public IEnumerable<LoadedBatch> Epoch(int epoch, TaskScheduler? prefetchOn = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(epoch);
        var order = Shuffle
            ? ActorTrain.Shuffle.Order(Source.Count, Seed, epoch)
            : ActorTrain.Shuffle.Sequential(Source.Count);
        return prefetchOn is null
            ? Enumerable.Range(0, Count).Select(batch => Load(order, epoch, batch))
            : Prefetched(order, epoch, Count, prefetchOn);
    }

    private IEnumerable<LoadedBatch> Prefetched(
        ImmutableArray<int> order, int epoch, int count, TaskScheduler scheduler)
    {
        Task<LoadedBatch> Start(int batch) => Task.Factory.StartNew(
            () => Load(order, epoch, batch), CancellationToken.None, TaskCreationOptions.None, scheduler);
        var next = count > 0 ? Start(0) : null;
        try
        {
            for (var batch = 0; batch < count; batch++)
            {
                var loaded = next!.GetAwaiter().GetResult();
                next = batch + 1 < count ? Start(batch + 1) : null;
                yield return loaded;
            }
        }
        finally
        {
            // Who stops early may close the source next: nothing reads it any more then. An error of a batch that
            // nobody asked for is nobody's.
            next?.ContinueWith(_ => { }, TaskScheduler.Default).Wait();
        }
    }

    private LoadedBatch Load(ImmutableArray<int> order, int epoch, int batch)
    {
        var indices = order.AsSpan()[(batch * BatchSize)..Math.Min(order.Length, (batch + 1) * BatchSize)];
        var inputs = new Tensor[indices.Length];
        var labels = new int[indices.Length];
        for (var i = 0; i < indices.Length; i++)
        {
            (inputs[i], labels[i]) = Source[indices[i]];
            if (Transform is not null) inputs[i] = Transform.Apply(inputs[i], new(Seed, epoch, indices[i]));
        }
        return new(Tensor.Stack(inputs), ImmutableCollectionsMarshal.AsImmutableArray(labels));
    }
}
