using ActorTrain.Core.Tests.Support;
using ActorTrain.Kernels;

namespace ActorTrain.Simulation.Tests;

/// <summary>Runs schedules; what it has computed for one serves all. For one thread.</summary>
internal sealed class Simulator(Rules rules)
{
    /// <summary>The recipe whose updates are divided among a server's shards; it takes the longest.</summary>
    public const int WideRecipe = 3;

    private static readonly Recipe Averaged = Tiny.Recipe with
    {
        BatchSize = 20,
        Microbatches = 7,
        Epochs = 5,
        Optimizer = new Adam(),
        LearningRateSchedule = new CosineAnnealingLR(10),
        Clipping = new ClipByNorm(0.1f),
        Averaging = new WeightAveraging(0.5f),
    };

    // Four leaves; six with a short last minibatch; one sum after the other in evaluations of three leaves, and vectors
    // and a rate that depend on how many updates there were; updates that are divided.
    private static readonly (Recipe Recipe, Dataset Data)[] Recipes =
    [
        (Tiny.Recipe, Tiny.Data),
        (Tiny.Recipe with { BatchSize = 12, Microbatches = 6, Epochs = 3 }, Tiny.Data),
        (Averaged, Tiny.ManyTests),
        (Tiny.Wide, Tiny.Data),
    ];

    private readonly SequentialRun?[] _runs = new SequentialRun?[Recipes.Length];
    private readonly Dictionary<(int Recipe, Strategy), (TrainingPlan, ShardComputation)> _computations = [];

    /// <summary>Events of all schedules so far.</summary>
    public long Events { get; private set; }

    /// <summary>How often each <see cref="Notable"/> has happened so far.</summary>
    public long[] Tally { get; } = new long[Enum.GetValues<Notable>().Length];

    /// <summary>What went wrong in the schedule of a seed; none: nothing.</summary>
    public string? Run(long seed, List<string>? trace = null)
    {
        var random = new Seeded(seed);
        var settings = Settings.Draw(random);
        var world = new World(random, settings, OracleOf(settings), rules, Tally, trace);
        try
        {
            world.Simulate();
            return null;
        }
        catch (Violation e)
        {
            return e.Message;
        }
        catch (ArgumentException e)
        {
            return $"{e.GetType().Name}: {e.Message}";
        }
        finally
        {
            Events += world.Events;
        }
    }

    private RunOracle OracleOf(Settings settings)
    {
        var (recipe, data) = Recipes[settings.Recipe];
        var sequential = _runs[settings.Recipe] ??= new(recipe, data);
        if (settings.Strategy is Synchronous) return sequential;
        if (!_computations.TryGetValue((settings.Recipe, settings.Strategy), out var known))
        {
            var plan = new TrainingPlan(recipe with { Strategy = settings.Strategy }, data.Description);
            known = (plan, new(plan, data, new ManagedMatMul()));
            _computations.Add((settings.Recipe, settings.Strategy), known);
        }
        return new RecordedRun(
            known.Item1, data, known.Item2, settings.Strategy is StaleSynchronous { Bound: 0 } ? sequential : null);
    }

    /// <summary>What went wrong, with the last things that happened and the command that shows all of them.</summary>
    public string Explain(long seed)
    {
        List<string> trace = [];
        var what = Run(seed, trace);
        return $"""
            Seed {seed}: {what ?? "nothing went wrong"}
            Again, with everything that happens:
              {SimulationTests.SeedVariable}={seed} dotnet run -c Release --project tests/Simulation.Tests -- \
                -class "*SimulationTests" -showliveoutput
            The last of {trace.Count} things that happened:
            {string.Join('\n', trace.TakeLast(80))}
            """;
    }
}
