using System.Diagnostics;
using ActorTrain.Core.Tests.Support;

namespace ActorTrain.Simulation.Tests;

/// <summary>
/// In every schedule each sample counts once, no more steps are computed again than allowed, and the run ends. If it is
/// synchronous, it is the sequential run after every step; else it is what its recorded schedule gives again, and no
/// gradient is staler than the strategy allows.
/// </summary>
[Collection("Simulation")]
public class SimulationTests(ITestOutputHelper output)
{
    /// <summary>The environment's variable that names the one seed to run, with everything that happens.</summary>
    public const string SeedVariable = "ACTORTRAIN_SIMULATION_SEED";

    /// <summary>The environment's variable that says how many schedules to run from each of the two seeds.</summary>
    public const string SchedulesVariable = "ACTORTRAIN_SIMULATION_SCHEDULES";

    private static readonly int Schedules =
        Environment.GetEnvironmentVariable(SchedulesVariable) is { } count ? int.Parse(count) : 4000;

    [Fact]
    public void The_sequential_run_is_the_trainers()
    {
        var trained = Trainer.Train(Tiny.Recipe, Tiny.Data, cancellation: TestContext.Current.CancellationToken);
        Assert.True(new SequentialRun(Tiny.Recipe, Tiny.Data).IsSaved(trained.State));
    }

    [Fact]
    public void Whatever_happens_a_run_is_the_one_that_it_must_be()
    {
        if (Environment.GetEnvironmentVariable(SeedVariable) is { } seed) RunOne(long.Parse(seed));
        else RunMany(first: 1, mustTouchAll: true);
    }

    [Fact]
    public void Whatever_else_happens_a_run_is_the_one_that_it_must_be()
    {
        if (Environment.GetEnvironmentVariable(SeedVariable) is null)
            RunMany(first: Random.Shared.NextInt64(1L << 40), mustTouchAll: false);
    }

    [Fact]
    public void A_seed_says_all_that_happens()
    {
        var (one, other) = (new Simulator(new Rules()), new Simulator(new Rules()));
        for (var seed = 60; seed > 0; seed--) other.Run(seed);
        for (var seed = 1; seed <= 60; seed++) Assert.Equal(Trace(one, seed), Trace(other, seed));
    }

    private static List<string> Trace(Simulator simulator, long seed)
    {
        List<string> trace = [];
        simulator.Run(seed, trace);
        return trace;
    }

    private void RunOne(long seed)
    {
        List<string> trace = [];
        var what = new Simulator(new Rules()).Run(seed, trace);
        foreach (var line in trace) output.WriteLine(line);
        Assert.Null(what);
    }

    private void RunMany(long first, bool mustTouchAll)
    {
        output.WriteLine($"{Schedules} schedules from seed {first} on");
        var watch = Stopwatch.StartNew();
        var processor = Environment.CpuUsage.TotalTime;
        Simulator[] simulators = [new(new Rules()), new(new Rules())];
        var failed = -1L;
        Parallel.For(0, simulators.Length, part =>
        {
            for (var i = part; i < Schedules && Interlocked.Read(ref failed) < 0; i += simulators.Length)
                if (simulators[part].Run(first + i) is not null) Interlocked.CompareExchange(ref failed, first + i, -1);
        });
        if (failed >= 0) Assert.Fail(new Simulator(new Rules()).Explain(failed));
        processor = Environment.CpuUsage.TotalTime - processor;
        output.WriteLine(
            $"{Schedules / watch.Elapsed.TotalSeconds:F0} schedules/s, {Schedules / processor.TotalSeconds:F0} a "
            + "second of one " +
            $"core's time, {simulators.Sum(s => s.Events) / Schedules} events each");
        foreach (var what in Enum.GetValues<Notable>())
        {
            var count = simulators.Sum(s => s.Tally[(int)what]);
            output.WriteLine($"{what}: {count}");
            Assert.True(count > 0 || !mustTouchAll, $"{what} has never happened in {Schedules} schedules.");
        }
    }
}
