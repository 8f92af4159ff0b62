using System.Text.Json;
using ActorTrain.Actors;
using ActorTrain.Kernels;

namespace ActorTrain.Host.Runs;

/// <summary>
/// What <c>--report</c> writes. Scripts depend on the names: add, never rename. A figure that is not finite, as losses
/// of a run that diverged are, is null.
/// </summary>
internal sealed record TrainingReport
{
    private static readonly JsonSerializerOptions Format =
        new(FiniteJson.Options) { WriteIndented = true, IndentSize = 2 };

    /// <summary>Share of the test split predicted right, 0 … 1; none for a run that was stopped.</summary>
    public required double? TestAccuracy { get; init; }

    /// <summary>Mean loss on the test split in nats; none for a run that was stopped.</summary>
    public required double? TestLoss { get; init; }

    /// <summary>
    /// The same of the weights' average; none for a run that was stopped, or that keeps none.
    /// </summary>
    public required double? AverageTestAccuracy { get; init; }

    /// <summary>Mean loss of the weights' average on the test split in nats; likewise.</summary>
    public required double? AverageTestLoss { get; init; }

    /// <summary>SHA-256 of the parameters as little-endian float32 in layout order.</summary>
    public required string WeightsSha256 { get; init; }

    /// <summary>Seconds that this process's steps took, evaluation excluded.</summary>
    public required double TrainSeconds { get; init; }

    /// <summary>From the start of the process to the end of its first step; none when it made none.</summary>
    public required double? SecondsToFirstStep { get; init; }

    /// <summary>Epochs that are complete, those before a resume included.</summary>
    public required int Epochs { get; init; }

    /// <summary>Steps made, those before a resume included.</summary>
    public required long Steps { get; init; }

    /// <summary>Training examples that this process's steps took.</summary>
    public required long Samples { get; init; }

    /// <summary>Examples a second over <see cref="TrainSeconds"/>.</summary>
    public required double ImagesPerSecond { get; init; }

    /// <summary>The matrix multiply.</summary>
    public required string Kernel { get; init; }

    /// <summary>Width of the vectors that the managed kernel uses here.</summary>
    public required int VectorBits { get; init; }

    /// <summary>How consistent the shards' parameters were.</summary>
    public required string Strategy { get; init; }

    /// <summary>How gradients were encoded between processes.</summary>
    public required string Compression { get; init; }

    /// <summary>Data shards.</summary>
    public required int Shards { get; init; }

    /// <summary>Worker nodes that the run waited for; 0 in one process.</summary>
    public required int Nodes { get; init; }

    /// <summary>The recipe's seed.</summary>
    public required ulong Seed { get; init; }

    /// <summary>SHA-256 over all that determines the weights at a step.</summary>
    public required string RecipeSha256 { get; init; }

    /// <summary>SHA-256 of the data's contents.</summary>
    public required string DataSha256 { get; init; }

    /// <summary>Every epoch's figures.</summary>
    public required IReadOnlyList<EpochSummary> History { get; init; }

    /// <summary>The report of a run that ended.</summary>
    public static TrainingReport Of(
        TrainingJob job, int nodes, Dataset data, TrainingOutcome outcome, Evaluation? average,
        double? secondsToFirstStep) => new()
        {
            TestAccuracy = outcome.Evaluation?.Accuracy,
            TestLoss = outcome.Evaluation?.Loss,
            AverageTestAccuracy = average?.Accuracy,
            AverageTestLoss = average?.Loss,
            WeightsSha256 = outcome.State.Parameters.Sha256(),
            TrainSeconds = outcome.TrainSeconds,
            SecondsToFirstStep = secondsToFirstStep,
            Epochs = outcome.State.Position.Epoch,
            Steps = new TrainingPlan(job.Recipe, data.Description).StepsDone(outcome.State.Position),
            Samples = outcome.SamplesSeen,
            ImagesPerSecond = outcome.TrainSeconds > 0 ? outcome.SamplesSeen / outcome.TrainSeconds : 0,
            Kernel = job.Recipe.Kernel,
            VectorBits = VectorWidth.Bits,
            Strategy = job.Recipe.Strategy.ToString(),
            Compression = job.Recipe.Compression.ToString(),
            Shards = job.Shards,
            Nodes = nodes,
            Seed = job.Recipe.Seed,
            RecipeSha256 = job.Recipe.Sha256(data.Sha256),
            DataSha256 = data.Sha256,
            History = outcome.State.History,
        };

    /// <summary>As UTF-8 JSON.</summary>
    public byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(this, Format);
}
