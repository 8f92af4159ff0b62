using ActorTrain.Checkpoints;
using ActorTrain.Kernels;

namespace ActorTrain.Actors;

/// <summary>What a hosted training run is to do, and with what of this machine.</summary>
public sealed record TrainingJob
{
    /// <summary>The recipe: what determines the weights.</summary>
    public Recipe Recipe { get; init; } = new();

    /// <summary>
    /// Layers of your own, by which a checkpoint's or a server's model is read. Default: none; the built-in ones are
    /// always there.
    /// </summary>
    public LayerRegistry Layers { get; init; } = LayerRegistry.Empty;

    /// <summary>Where the data comes from. Default: the MNIST that is found beside the program.</summary>
    public Func<CancellationToken, Task<Dataset>> LoadData { get; init; } =
        cancellation => DatasetLoading.Load(Dataset.FindMnist(), cancellation);

    /// <summary>
    /// The matrix multiply of a name. Default: <see cref="MatMuls.Create"/>; another function may bring more, and
    /// throws
    /// <see cref="KernelUnavailableException"/> for names that it does not have.
    /// </summary>
    public Func<string, IMatMul> CreateKernel { get; init; } = name => MatMuls.Create(name);

    /// <summary>Data shards, at least 1. Default: one a core. It does not change a bit of the result.</summary>
    public int Shards { get; init; } = Environment.ProcessorCount;

    /// <summary>Where checkpoints go; none: nowhere.</summary>
    public CheckpointFolder? Checkpoints { get; init; }

    /// <summary>The parameters that the recipe names to begin with, where it does.</summary>
    public FlatVector? InitialParameters { get; init; }

    /// <summary>The state before the run's first step.</summary>
    /// <exception cref="ArgumentException">The parameters are not what the recipe names.</exception>
    internal TrainingState Initial => TrainingState.Initial(Recipe, InitialParameters);

    /// <summary>Where to go on; none: from the recipe's initial parameters.</summary>
    public TrainingState? From { get; init; }

    /// <summary>
    /// Whether a run that this node finds in its folder ends where that says, not where <see cref="Recipe"/> does.
    /// Default false. One that is taken over always does.
    /// </summary>
    public bool KeepsEnd { get; init; }

    /// <summary>Told what happens, one event after another, on a thread of the run's.</summary>
    public Action<TrainingEvent> OnEvent { get; init; } = _ => { };

    /// <summary>What the shards make joint steps with: as many of them as there are cores.</summary>
    internal JointMemory? JointMemoryOf(TrainingPlan plan) =>
        JointMemory.For(plan, Math.Min(Shards, Environment.ProcessorCount));

    /// <summary>Empty when valid; else one sentence for each mistake.</summary>
    public IEnumerable<string> Errors()
    {
        foreach (var error in Recipe.Errors()) yield return error;
        foreach (var error in From?.Errors(Recipe) ?? []) yield return error;
        if (Checkpoints is not null && TrainingCheckpoint.Refusal(Recipe) is { } refusal) yield return refusal;
        if (Shards is < 1 or > 1024) yield return $"shards is {Shards}; give 1 to 1024.";
    }
}
