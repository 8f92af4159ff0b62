using System.Diagnostics;
using System.Reflection;
using System.Runtime.Loader;
using ActorTrain.Benchmarks.Report;

namespace ActorTrain.Benchmarks;

/// <summary>
/// This version against another one, both in this process and in turns: on a busy machine two runs of a program differ
/// by more than two versions do, rounds of one process hardly.
/// </summary>
internal static class VersionBenchmark
{
    private const int Rounds = 21, LongRounds = 11;

    // Of what takes longer, both together and the first time, few rounds are taken.
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(0.5);

    /// <summary>Measures and reports.</summary>
    /// <param name="other">The folder of the other version's assemblies, a build of this project.</param>
    /// <param name="named">Only what has one of these in its name; none: everything.</param>
    /// <exception cref="FileNotFoundException">They are not there.</exception>
    /// <exception cref="MissingMemberException">They lack something that this version's contenders call.</exception>
    /// <exception cref="ArgumentException">Nothing has such a name.</exception>
    public static Section Run(string other, IReadOnlyList<string> named)
    {
        var core = Path.Combine(Path.GetFullPath(other), "ActorTrain.Core.dll");
        if (!File.Exists(core))
            throw new FileNotFoundException(
                $"{core} is not there; OTHER is what `dotnet build -c Release tests/Benchmarks` of another version "
                + "wrote: its tests/Benchmarks/bin/Release/net10.0");
        // The contenders are this version's code in both; what they call is each version's own.
        var versions = new[] { AppContext.BaseDirectory, other }
            .Select(folder => Contenders(new Version(Path.GetFullPath(folder)))).ToList();
        List<string[]> rows = [];
        foreach (var (mine, theirs) in versions[0].Zip(versions[1]))
            if (named.Count == 0 || named.Any(n => mine.Name.Contains(n, StringComparison.OrdinalIgnoreCase)))
                rows.Add(Compare(mine.Name, mine.Sample, theirs.Sample));
        if (rows.Count == 0)
            throw new ArgumentException(
                $"no product or step has {string.Join(" or ", named)} in its name; they are: "
                + string.Join(", ", versions[0].Select(c => c.Name)));
        return new("Two versions in turns",
            $"This version and that of `{other}`, in one process. Products on one thread, forward with bias; steps "
            + "with minibatches of 64, SGD with momentum. Medians of the rounds; the ratio is the median of each "
            + "round's, in brackets its quartiles: above 1 this version is faster.",
            ["what", "this, µs", "other, µs", "other / this"], rows);
    }

    /// <summary>What is measured, in the version that this assembly was loaded beside.</summary>
    /// <returns>Names, and what takes a sample and gives its seconds.</returns>
    public static (string Name, Func<double> Sample)[] Contenders()
    {
        (int Rows, int In, int Out)[] shapes =
        [
            (1, 128, 64), (1, 784, 128), (1, 1024, 1024), (16, 784, 128), (64, 784, 128), (64, 128, 64), (64, 64, 10),
            (64, 1024, 1024), (512, 1024, 1024), (1024, 784, 128), (2048, 2048, 2048),
        ];
        return [.. shapes.SelectMany(s => Products(s.Rows, s.In, s.Out)), .. Steps()];
    }

    private static IEnumerable<(string, Func<double>)> Products(int rows, int inputs, int outputs)
    {
        foreach (var product in Product.Of(rows, inputs, outputs, [new Kernels.ManagedMatMul()]))
        {
            // Of leaves, which only the weight gradient has, those of training.
            var timed = product.Cases[^1];
            var isCalibrated = false;
            yield return ($"{product.Name} {product.Shape}", Sample);

            double Sample()
            {
                if (!isCalibrated) timed.Calibrate();
                isCalibrated = true;
                return timed.Sample();
            }
        }
    }

    private static IEnumerable<(string, Func<double>)> Steps()
    {
        var data = new Lazy<Dataset>(() => Subset.Of(Dataset.Mnist(), 12_800, TrainingPlan.EvaluationRows));
        foreach (var hidden in new int[][] { [128, 64], [1024, 1024] })
            for (var shards = 1; shards <= Environment.ProcessorCount; shards *= 2)
            {
                var recipe = new Recipe
                {
                    Model = Sequential.Mlp([784, .. hidden, 10]),
                    BatchSize = 64,
                    Epochs = hidden[0] > 128 ? 2 : 6,
                };
                var count = shards;
                yield return ($"a step of {string.Join(',', hidden)}, {shards} shards", () => new Figures(
                    StepBenchmark.StepMicroseconds(recipe, data.Value, count).Skip(1)).Median / 1e6);
            }
    }

    private static string[] Compare(string name, Func<double> mine, Func<double> theirs)
    {
        List<double> own = [], others = [], ratios = [];
        // The first of each is compiled, and finds its operands anywhere.
        var start = Stopwatch.GetTimestamp();
        _ = mine() + theirs();
        var isLong = Stopwatch.GetElapsedTime(start) > Long;
        for (var round = 0; round < (isLong ? LongRounds : Rounds); round++)
        {
            // Another one begins each time.
            if (round % 2 == 0) own.Add(mine());
            others.Add(theirs());
            if (round % 2 != 0) own.Add(mine());
            ratios.Add(others[^1] / own[^1]);
        }
        ratios.Sort();
        return
        [
            name, Figures.Short(1e6 * new Figures(own).Median), Figures.Short(1e6 * new Figures(others).Median),
            $"{Figures.Short(new Figures(ratios).Median)} "
            + $"({Figures.Short(ratios[ratios.Count / 4])} to {Figures.Short(ratios[ratios.Count * 3 / 4])})",
        ];
    }

    private static (string Name, Func<double> Sample)[] Contenders(Version version) =>
        ((string, Func<double>)[])version.LoadFromAssemblyPath(typeof(VersionBenchmark).Assembly.Location)
            .GetType(typeof(VersionBenchmark).FullName!)!
            .GetMethod(nameof(Contenders), BindingFlags.Public | BindingFlags.Static)!
            .Invoke(null, BindingFlags.DoNotWrapExceptions, null, null, null)!;

    // Of the project's assemblies only; all others are the same for both.
    private sealed class Version(string folder) : AssemblyLoadContext
    {
        protected override Assembly? Load(AssemblyName name)
        {
            var path = Path.Combine(folder, name.Name + ".dll");
            return name.Name!.StartsWith("ActorTrain.", StringComparison.Ordinal) && File.Exists(path)
                ? LoadFromAssemblyPath(path)
                : null;
        }
    }
}
