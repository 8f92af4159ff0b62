using ActorTrain.Benchmarks.Report;

namespace ActorTrain.Benchmarks;

/// <summary>What the whole process allocates for a steady step, actors and all.</summary>
internal static class AllocationBenchmark
{
    // Both within the first epoch: their difference holds no start, no evaluation and no end.
    private const int Steps = 100;
    private const int MoreSteps = 300;
    private const int Turns = 3;

    /// <summary>Measures and reports.</summary>
    public static Section Run()
    {
        var data = Subset.Of(Dataset.Mnist(), 60_000, TrainingPlan.EvaluationRows);
        int[][] networks = [[128, 64], [1024, 1024]];
        var rows = from hidden in networks
                   from shards in new[] { 1, Environment.ProcessorCount }.Distinct()
                   select new[] { string.Join(',', hidden), $"{shards}", $"{BytesOfStep(data, hidden, shards):N0}" };
        return new("Memory that a step allocates",
            "Bytes by the runtime's counter of all threads, and by the step: the difference of the "
            + $"least of some runs of {Steps} and of {MoreSteps} steps of the default recipe. The messages and "
            + "records of a step, and what watching a run costs; vectors of the model's size would be "
            + $"{Sequential.Mlp([784, .. networks[0], 10]).Layout.Count * sizeof(float):N0} and more.",
            ["hidden", "shards", "bytes a step"], [.. rows]);
    }

    private static long BytesOfStep(Dataset data, int[] hidden, int shards)
    {
        var recipe = new Recipe { Model = Sequential.Mlp([784, .. hidden, 10]) };
        var turns = Enumerable.Range(0, Turns).Select(_ => (Few: BytesOf(Steps), Many: BytesOf(MoreSteps))).ToList();
        // What else allocates meanwhile adds to either, so the least of each is nearest to the steps' own.
        return (turns.Min(turn => turn.Many) - turns.Min(turn => turn.Few)) / (MoreSteps - Steps);

        long BytesOf(int steps)
        {
            var before = GC.GetTotalAllocatedBytes(precise: true);
            LocalRun.ToEnd(recipe with { MaxSteps = steps }, data, shards);
            return GC.GetTotalAllocatedBytes(precise: true) - before;
        }
    }
}
