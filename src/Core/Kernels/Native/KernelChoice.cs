using System.Collections.Immutable;
using System.Globalization;

namespace ActorTrain.Kernels;

/// <summary>What <c>auto</c> chose, and why.</summary>
/// <param name="MatMul">The fastest kernel.</param>
/// <param name="Reason">One sentence with what was measured, for the log.</param>
public sealed record KernelChoice(IMatMul MatMul, string Reason)
{
    private const int LeastRounds = 5;
    private static readonly TimeSpan BudgetEach = TimeSpan.FromMilliseconds(10);

    /// <summary>
    /// Measures every kernel that can be had on the products of one microbatch of a fully connected model: forward,
    /// parameter gradients, input gradients. The kernels take turns, each counts with its best round, so that what else
    /// the machine does falls on all of them alike. Takes about 10 ms for each kernel,
    /// or 5 rounds where these are longer.
    /// </summary>
    /// <param name="candidates">The kernels; the earlier wins a tie.</param>
    /// <param name="rows">Rows of a microbatch, at least 1.</param>
    /// <param name="layerSizes">Features from input to output, for example 784, 128, 64, 10; at least two.</param>
    /// <param name="clock">Tells the time that a round takes.</param>
    /// <exception cref="ArgumentException">No rows, or fewer than two sizes.</exception>
    /// <exception cref="KernelUnavailableException">None can be had here.</exception>
    public static KernelChoice Measure(KernelCatalog candidates, int rows, ReadOnlySpan<int> layerSizes,
        TimeProvider clock)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(rows, 1);
        if (layerSizes.Length < 2)
            throw new ArgumentException(
                $"Measure: got {layerSizes.Length} layer sizes; give at least input and output.", nameof(layerSizes));
        var (kernels, absent) = Available(candidates);
        if (kernels.IsEmpty)
            throw new KernelUnavailableException(
                KernelCatalog.Auto, "no kernel can be had here.",
                $"Install one of {string.Join(", ", candidates.Names)}.");
        var best = BestRounds(kernels, new MicrobatchProducts(rows, layerSizes), clock);
        var fastest = best.IndexOf(best.Min());
        return new(kernels[fastest], Sentence(kernels, best, fastest, absent));
    }

    private static (ImmutableArray<IMatMul> Kernels, ImmutableArray<string> Absent) Available(KernelCatalog candidates)
    {
        var kernels = ImmutableArray.CreateBuilder<IMatMul>();
        var absent = ImmutableArray.CreateBuilder<string>();
        foreach (var name in candidates.Names)
        {
            try
            {
                kernels.Add(candidates.Create(name));
            }
            catch (KernelUnavailableException)
            {
                absent.Add(name);
            }
        }
        return (kernels.ToImmutable(), absent.ToImmutable());
    }

    private static ImmutableArray<TimeSpan> BestRounds(
        ImmutableArray<IMatMul> kernels, MicrobatchProducts products, TimeProvider clock)
    {
        // The first round is not measured: it compiles, loads the library's parts and touches the memory.
        foreach (var kernel in kernels) products.Run(kernel);
        var best = new TimeSpan[kernels.Length];
        Array.Fill(best, TimeSpan.MaxValue);
        var start = clock.GetTimestamp();
        for (var round = 0; round < LeastRounds || clock.GetElapsedTime(start) < BudgetEach * kernels.Length; round++)
            for (var i = 0; i < kernels.Length; i++)
            {
                var before = clock.GetTimestamp();
                products.Run(kernels[i]);
                var took = clock.GetElapsedTime(before);
                if (took < best[i]) best[i] = took;
            }
        return [.. best];
    }

    private static string Sentence(
        ImmutableArray<IMatMul> kernels, ImmutableArray<TimeSpan> best, int fastest, ImmutableArray<string> absent)
    {
        var others = kernels.Select((kernel, i) => (kernel, i)).Where(pair => pair.i != fastest)
            .Select(pair => $", {pair.kernel.Name} {Microseconds(best[pair.i])}")
            .Concat(absent.Select(name => $", {name} not available"));
        return $"auto chose {kernels[fastest].Name}: {Microseconds(best[fastest])} for a microbatch's products"
            + string.Concat(others);
    }

    private static string Microseconds(TimeSpan time) =>
        time.TotalMicroseconds.ToString(time.TotalMicroseconds < 10 ? "0.0" : "0", CultureInfo.InvariantCulture)
            + " µs";
}
