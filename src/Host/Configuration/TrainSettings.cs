using System.Diagnostics.CodeAnalysis;
using ActorTrain.Kernels;
using Microsoft.Extensions.Configuration;

namespace ActorTrain.Host.Configuration;

/// <summary>
/// What the configuration says about a training run. What it leaves open is null: a resumed run takes that from its
/// checkpoint, a new one from <see cref="Recipe"/>'s defaults.
/// </summary>
internal sealed record TrainSettings
{
    public string? Data { get; init; }
    /// <summary>How many of the last training examples are the test split.</summary>
    public int? Validation { get; init; }
    public string? Model { get; init; }

    /// <summary>Files with layers of one's own.</summary>
    public string? LayersFrom { get; init; }

    /// <summary>The layers in them.</summary>
    public LayerRegistry Layers { get; init; } = LayerRegistry.Empty;

    /// <summary>The recipe or model file that <see cref="Model"/> names.</summary>
    public RecipeFile? File { get; init; }

    /// <summary>Where the parameters are that the run begins with.</summary>
    public string? Init { get; init; }
    public IReadOnlyList<int>? Hidden { get; init; }
    public int? Epochs { get; init; }
    public int? MaxSteps { get; init; }
    public int? BatchSize { get; init; }
    public int? Microbatches { get; init; }
    public bool? DropLast { get; init; }
    public OptimizerSettings Optimizer { get; init; } = new();
    public LossSettings Loss { get; init; } = new();
    public ScheduleText? Schedule { get; init; }
    public float? ClipNorm { get; init; }
    public float? ClipValue { get; init; }
    public float? Ema { get; init; }
    public NamePatterns? Freeze { get; init; }

    /// <summary>Random changes of training images.</summary>
    public AugmentText? Augment { get; init; }
    public ulong? Seed { get; init; }
    public string? Kernel { get; init; }
    public Strategy? Strategy { get; init; }
    public Compression? Compression { get; init; }
    public int? Shards { get; init; }
    public int Nodes { get; init; }
    public string? Out { get; init; }
    public int? KeepCheckpoints { get; init; }
    public string? TensorBoard { get; init; }
    public string? Report { get; init; }

    /// <summary>The settings of a configuration.</summary>
    /// <exception cref="UsageException">Some are not allowed; the message has a sentence for each.</exception>
    public static TrainSettings Read(IConfiguration configuration)
    {
        var reader = new SettingsReader(configuration, Setting.Training);
        var settings = new TrainSettings
        {
            Data = reader.Text("Data"),
            Validation = reader.Whole("Validation", 1, int.MaxValue),
            Model = reader.Text("Model"),
            LayersFrom = reader.Text("Layers"),
            Layers = LayerFiles.Load(reader.Text("Layers")),
            Init = reader.Text("Init"),
            Hidden = reader.Sizes("Hidden"),
            Epochs = reader.Whole("Epochs", 1, 1_000_000),
            MaxSteps = reader.Whole("MaxSteps", 1, int.MaxValue),
            BatchSize = reader.Whole("BatchSize", 1, 1_000_000),
            Microbatches = reader.Whole("Microbatches", 1, 4096),
            DropLast = reader.Flag("DropLast"),
            Optimizer = OptimizerSettings.Read(reader),
            Loss = LossSettings.Read(reader),
            Schedule = reader.Parsed<ScheduleText>("Schedule", ScheduleText.Allowed, ScheduleText.TryParse),
            ClipNorm = reader.Number("ClipNorm", "a number above 0", x => x > 0 && float.IsFinite(x)),
            ClipValue = reader.Number("ClipValue", "a number above 0", x => x > 0 && float.IsFinite(x)),
            Ema = reader.Number("Ema", "a number above 0, below 1", x => x is > 0 and < 1),
            Freeze = reader.Parsed<NamePatterns>("Freeze", "names with commas between them", TryParsePatterns),
            Augment = reader.Parsed<AugmentText>("Augment", AugmentText.Allowed, AugmentText.TryParse),
            Seed = reader.Whole("Seed", 0UL, ulong.MaxValue),
            Kernel = reader.Word("Kernel", "managed", "mkl", "openblas", "auto"),
            Strategy = reader.Parsed<Strategy>("Strategy", Strategy.Allowed, Strategy.TryParse),
            Compression = reader.Parsed<Compression>("Compression", Compression.Allowed, Compression.TryParse),
            Shards = reader.Whole("Shards", 0, 1024),
            Nodes = reader.Whole("Nodes", 0, 1024) ?? 0,
            Out = reader.Path("Out"),
            KeepCheckpoints = reader.Whole("KeepCheckpoints", 1, 1000),
            TensorBoard = reader.Path("TensorBoard"),
            Report = reader.Path("Report"),
        };
        if (settings is { ClipNorm: not null, ClipValue: not null })
            reader.Refuse("ClipValue", "it without --clip-norm; a gradient is bounded one way");
        if (settings is { Model: not (null or ModelOption.Mlp), Hidden: not null })
            reader.Refuse("Hidden", "it with --model mlp only; a model file names its own layers");
        reader.RefuseUnknown();
        return reader.Errors.Count == 0
            ? settings.Under(ModelOption.Read(settings.Model, settings.Layers))
            : throw new UsageException(string.Join('\n', reader.Errors));
    }

    // What a recipe file says that is no part of a recipe, or of another length's only.
    private TrainSettings Under(RecipeFile? file) => this with
    {
        File = file,
        Data = Data ?? file?.Data,
        Validation = Validation ?? file?.Validation,
        Schedule = Schedule ?? ScheduleText.Of(file, Model),
    };

    /// <summary>Whether they say where a run ends.</summary>
    public bool SaysEnd => Epochs is not null || MaxSteps is not null || File is { SaysEnd: true };

    /// <summary>The recipe of a new run.</summary>
    /// <param name="data">Its examples and classes fix the mlp's ends.</param>
    /// <exception cref="UsageException">The mlp is too large, or as in <see cref="Over"/>.</exception>
    public Recipe NewRecipe(Dataset data)
    {
        var recipe = File?.Over(new Recipe()) ?? new Recipe { Model = NewMlp(data) };
        return (this with { MaxSteps = MaxSteps ?? recipe.MaxSteps }).Over(recipe, data.Description);
    }

    private Sequential NewMlp(Dataset data)
    {
        try
        {
            return Sequential.Mlp([data.Train.Features, .. Hidden ?? [128, 64], data.Classes]);
        }
        catch (ArgumentException e)
        {
            throw new UsageException($"--hidden: {e.Message.Split(" (Parameter")[0]}");
        }
    }

    /// <summary>A recipe with what these settings say; the model and what they leave open stay as they are.</summary>
    /// <param name="recipe">The recipe.</param>
    /// <param name="data">Its size says how many steps an epoch has.</param>
    /// <exception cref="UsageException">The optimiser lacks a setting, there is no such kernel, the run is too short,
    /// or an epoch has no step.</exception>
    public Recipe Over(Recipe recipe, DataDescription data)
    {
        recipe = recipe with
        {
            Loss = Loss.Over(recipe.Loss),
            Optimizer = Optimizer.Over(recipe.Optimizer),
            Clipping = ClipNorm is { } norm ? new ClipByNorm(norm)
                : ClipValue is { } limit ? new ClipByValue(limit)
                : recipe.Clipping,
            Averaging = Ema is { } decay ? new WeightAveraging(decay) : recipe.Averaging,
            Frozen = Freeze ?? recipe.Frozen,
            Augmentation = Augment is null ? recipe.Augmentation : Augment.Of(data),
            Epochs = Epochs ?? recipe.Epochs,
            MaxSteps = MaxSteps,
            BatchSize = BatchSize ?? recipe.BatchSize,
            Microbatches = Microbatches ?? recipe.Microbatches,
            DropLast = DropLast ?? recipe.DropLast,
            Seed = Seed ?? recipe.Seed,
            Kernel = Kernel ?? recipe.Kernel,
            Strategy = Strategy ?? recipe.Strategy,
            Compression = Compression ?? recipe.Compression,
        };
        // A recipe file may say any name.
        if (recipe.Kernel != KernelCatalog.Auto && !MatMuls.Names.Contains(recipe.Kernel))
            throw new UsageException(
                $"kernel is '{recipe.Kernel}'; give {string.Join(", ", MatMuls.Names)}, {KernelCatalog.Auto}.");
        // What else is wrong with the recipe is said first, by who asked for it.
        if (recipe.Errors().Any()) return recipe;
        if (TrainingPlan.Refusal(recipe, data) is { } refusal) throw new UsageException(refusal);
        return Schedule is null
            ? recipe
            : recipe with { LearningRateSchedule = Schedule.Of(new TrainingPlan(recipe, data)) };
    }

    private static bool TryParsePatterns(string text, [NotNullWhen(true)] out NamePatterns? patterns)
    {
        patterns = text.Split(',').All(pattern => !string.IsNullOrWhiteSpace(pattern)) ? new(text) : null;
        return patterns is not null;
    }
}
