using System.Diagnostics;
using ActorTrain.Core.Tests.Support;

namespace ActorTrain.Simulation.Tests;

/// <summary>
/// In every schedule each sample counts once, the run is the sequential one after every step, no more steps are
/// computed again than allowed, and the run ends.
/// </summary>
public class SimulationTests(ITestOutputHelper output)
{
    /// <summary>The environment's variable that names the one seed to run, with everything that happens.</summary>
    public const string SeedVariable = "ACTORTRAIN_SIMULATION_SEED";

    private const int Schedules = 4000;

    [Fact]
    public void The_sequential_run_is_the_trainers()
    {
        var trained = Trainer.Train(Tiny.Recipe, Tiny.Data, cancellation: TestContext.Current.CancellationToken);
        Assert.True(new SequentialRun(Tiny.Recipe, Tiny.Data).IsSaved(trained.State));
    }

    [Fact]
    public void Whatever_happens_a_run_is_the_sequential_one()
    {
        if (Environment.GetEnvironmentVariable(SeedVariable) is { } seed) RunOne(long.Parse(seed));
        else RunMany(first: 1);
    }

    [Fact]
    public void Whatever_else_happens_a_run_is_the_sequential_one()
    {
        if (Environment.GetEnvironmentVariable(SeedVariable) is null) RunMany(first: Random.Shared.NextInt64(1L << 40));
    }

    private void RunOne(long seed)
    {
        List<string> trace = [];
        var what = new Simulator(new Rules()).Run(seed, trace);
        foreach (var line in trace) output.WriteLine(line);
        Assert.Null(what);
    }

    private void RunMany(long first)
    {
        output.WriteLine($"{Schedules} schedules from seed {first} on");
        var watch = Stopwatch.StartNew();
        var processor = Environment.CpuUsage.TotalTime;
        long failed = -1, events = 0;
        Parallel.For(0, 2, half =>
        {
            var simulator = new Simulator(new Rules());
            for (var i = half; i < Schedules && Interlocked.Read(ref failed) < 0; i += 2)
                if (simulator.Run(first + i) is not null) Interlocked.CompareExchange(ref failed, first + i, -1);
            Interlocked.Add(ref events, simulator.Events);
        });
        processor = Environment.CpuUsage.TotalTime - processor;
        output.WriteLine($"{Schedules / watch.Elapsed.TotalSeconds:F0} schedules/s; {Schedules / processor.TotalSeconds:F0} a second of one core's time, {events / Schedules} events each");
        if (failed >= 0) Assert.Fail(new Simulator(new Rules()).Explain(failed));
    }
}
