using System.Security.Cryptography;
using System.Text;

namespace ActorTrain;

/// <summary>
/// What names a run: two runs of one recipe on one dataset have the same weights, bit for bit, at every step, wherever
/// and on however many cores they run; where <see cref="HasSchedule"/>, two of one schedule. <see cref="Epochs"/> and
/// <see cref="MaxSteps"/> only say where it ends.
/// </summary>
public sealed record Recipe
{
    /// <summary>The model. Default: 784-128-64-10 with ReLU, ending in log-probabilities.</summary>
    public Sequential Model { get; init; } = Sequential.Mlp(784, 128, 64, 10);

    /// <summary>The loss. Default: <see cref="NLLLoss"/>, for a model that ends in <see cref="LogSoftmax"/>.</summary>
    public Loss Loss { get; init; } = new NLLLoss();

    /// <summary>The optimiser. Default: SGD, learning rate 0.01, momentum 0.9.</summary>
    public Optimizer Optimizer { get; init; } = new Sgd(0.01f);

    /// <summary>How the learning rate changes from update to update. Default: it does not.</summary>
    public LearningRateSchedule LearningRateSchedule { get; init; } = new ConstantRate();

    /// <summary>What bounds the gradient of a minibatch. Default: nothing does.</summary>
    public GradientClipping? Clipping { get; init; }

    /// <summary>How an average of the parameters is kept beside them. Default: it is not.</summary>
    public WeightAveraging? Averaging { get; init; }

    /// <summary>How parameters begin. Default: as PyTorch's layers do.</summary>
    public Initialization Initialization { get; init; } = Initialization.Default;

    /// <summary>
    /// <see cref="FlatVector.Sha256"/> of the parameters that the run begins with, which whoever begins it must have;
    /// none: it begins as <see cref="Initialization"/> says.
    /// </summary>
    public string? InitialSha256 { get; init; }

    /// <summary>Parameters that are not trained. Default: none.</summary>
    public NamePatterns? Frozen { get; init; }

    /// <summary>
    /// Random changes of the training images, 0 … 255 before they are normalised, that keep their size; each a function
    /// of (seed, epoch, example). Default: none.
    /// </summary>
    public Compose? Augmentation { get; init; }

    /// <summary>All that this says about updates.</summary>
    public UpdateRule UpdateRule => new(Optimizer)
    {
        Schedule = LearningRateSchedule,
        Clipping = Clipping,
        Averaging = Averaging,
        Untrained = UpdateRule.UntrainedOf(Model.Layout, Frozen),
    };

    /// <summary>Examples in a minibatch, at least 1. Default 64. The last one of an epoch may be shorter.</summary>
    public int BatchSize { get; init; } = 64;

    /// <summary>Parts of a minibatch whose gradients are summed in a fixed tree, at least 1. Default 4.</summary>
    public int Microbatches { get; init; } = 4;

    /// <summary>Leaves out the last minibatch of an epoch where it would be short. Default false.</summary>
    public bool DropLast { get; init; }

    /// <summary>Seed of initial weights and shuffles. Default 7.</summary>
    public ulong Seed { get; init; } = 7;

    /// <summary>Name of the matrix multiply; different ones round differently. Default <c>managed</c>.</summary>
    public string Kernel { get; init; } = "managed";

    /// <summary>
    /// How consistent the parameters are that units compute from. Default: <see cref="Synchronous"/>.
    /// </summary>
    public Strategy Strategy { get; init; } = new Synchronous();

    /// <summary>
    /// How gradients are encoded that cross from one process to another. Default: <see cref="NoCompression"/>, bit for
    /// bit.
    /// </summary>
    public Compression Compression { get; init; } = new NoCompression();

    /// <summary>
    /// True when the weights depend on who computed what: then a run records its schedule, which gives the same bits
    /// again.
    /// </summary>
    public bool HasSchedule => Strategy is not Synchronous || Compression is not NoCompression;

    /// <summary>Passes over the training split, at least 1. Default 5.</summary>
    public int Epochs { get; init; } = 5;

    /// <summary>Ends the run after this many steps, at least 1; none: when the epochs are done.</summary>
    public int? MaxSteps { get; init; }

    /// <summary>Empty when valid; else one sentence for each mistake, naming key, value and what is allowed.</summary>
    public IEnumerable<string> Errors()
    {
        if (BatchSize < 1) yield return $"batch-size is {BatchSize}; give 1 or more.";
        if (Microbatches is < 1 or > 4096) yield return $"microbatches is {Microbatches}; give 1 to 4096.";
        if (Epochs < 1) yield return $"epochs is {Epochs}; give 1 or more.";
        if (MaxSteps < 1) yield return $"max-steps is {MaxSteps}; give 1 or more.";
        foreach (var error in Frozen?.Errors("frozen", Model.Layout) ?? []) yield return error;
        if (InitialSha256 is { } sha256 && !(sha256.Length == 64 && sha256.All(char.IsAsciiHexDigitLower)))
            yield return $"initialSha256 is {sha256}; give 64 hexadecimal digits in lower case.";
        foreach (var rule in Initialization.Rules)
            foreach (var error in rule.Parameters.Errors("initialization", Model.Layout)) yield return error;
        foreach (var transform in Augmentation?.Parts ?? [])
            if (!AugmentationJson.Knows(transform))
                yield return $"augmentation has {transform.GetType().Name}; give RandomAffine, RandomCrop, "
                    + "RandomHorizontalFlip and ElasticDeform only.";
        foreach (var error in ClassWeightsOfLoss?.Errors() ?? []) yield return error;
        if (Compression is TopK && Model.Layout.Slots.Any(slot => slot.StatisticMomentum > 0))
            yield return $"compression is {Compression} and the model has running statistics, of which it would leave "
                + "out most; give none or bf16.";
        if (Strategy is LocalSgd && Compression is not NoCompression)
            yield return $"compression is {Compression} with strategy {Strategy}; give none: local steps send "
                + "parameters, not gradients.";
    }

    private ClassWeights? ClassWeightsOfLoss => Loss switch
    {
        NLLLoss loss => loss.Weights,
        CrossEntropyLoss loss => loss.Weights,
        _ => null,
    };

    /// <summary>
    /// Checks that the model takes the dataset's examples, can train on the microbatches and has an output for each of
    /// the classes, the loss a weight if it has any, and that the augmentation keeps the images' size.
    /// </summary>
    /// <exception cref="ShapeMismatchException">It does not, or a random crop has another size than the images; the
    /// message names the mend.</exception>
    /// <exception cref="RecipeException">
    /// A microbatch has fewer rows than the model can train on, or a random crop pads by more than the images' size.
    /// </exception>
    public void CheckFits(DataDescription data)
    {
        var output = Model.OutputShape([data.Features]);
        if (output != [data.Classes])
            throw new ShapeMismatchException($"model for dataset '{data.Name}'", "output", output, $"[{data.Classes}]",
                $"The dataset has {data.Classes} classes; give the last Linear {data.Classes} out features.");
        if (ClassWeightsOfLoss is { Weight: { IsDefaultOrEmpty: false } weight } && weight.Length != data.Classes)
            throw new ShapeMismatchException(
                $"loss for dataset '{data.Name}'", "class weights", [weight.Length], $"[{data.Classes}]",
                "Give one weight for each class.");
        var side = Math.Max(data.Rows, data.Columns);
        foreach (var crop in Augmentation?.Parts.OfType<RandomCrop>() ?? [])
        {
            if ((crop.Rows, crop.Columns) != (data.Rows, data.Columns))
                throw new ShapeMismatchException(
                    "augmentation", "RandomCrop", [crop.Rows, crop.Columns], $"[{data.Rows}, {data.Columns}]",
                    "Crop to the size of the images, from a larger padding.");
            if (crop.Padding > side)
                throw new RecipeException(
                    $"augmentation: RandomCrop has padding {crop.Padding} for images of {data.Rows}x{data.Columns} "
                    + $"pixels; give at most {side}, beyond which nothing is left of them.");
        }
        CheckMicrobatches(data);
    }

    private void CheckMicrobatches(DataDescription data)
    {
        // That is said by Errors.
        if (BatchSize < 1 || Microbatches < 1) return;
        var fewest = Model.FewestRows([data.Features]);
        var (rows, rest) = (Math.Max(1, BatchSize / Microbatches), data.TrainCount % BatchSize);
        var need = $"and to normalise over a microbatch the model needs at least {fewest}";
        if (rows < fewest && BatchSize <= data.TrainCount)
            throw new RecipeException(
                $"batch-size is {BatchSize} and microbatches is {Microbatches}: a microbatch has {rows} of {BatchSize} "
                + $"rows, {need}; give batch-size {(long)fewest * Microbatches} or more"
                + (BatchSize < fewest ? "." : $", or microbatches of at most {BatchSize / fewest}."));
        if (rest > 0 && rest < fewest && !DropLast)
            throw new RecipeException(
                $"batch-size is {BatchSize} and dataset '{data.Name}' has {data.TrainCount} training examples: the "
                + $"last minibatch of an epoch has {rest}, {need}; give another batch-size, or drop-last.");
    }

    /// <summary>
    /// SHA-256 over everything that determines the weights at a step, in hexadecimal; epochs and steps are not part of
    /// it.
    /// </summary>
    /// <param name="dataSha256">The dataset's content hash.</param>
    public string Sha256(string dataSha256) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(
        $"{RecipeJson.Write(this with { Epochs = 1, MaxSteps = null })}\n{dataSha256}")));
}
