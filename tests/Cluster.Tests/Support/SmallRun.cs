using ActorTrain.Checkpoints;
using ActorTrain.Core.Tests.Data;

namespace ActorTrain.Cluster.Tests;

/// <summary>
/// What all clusters here train: a small network on a few of MNIST's digits, with short epochs, so that something
/// happens often; and for long enough that a test ends it.
/// </summary>
internal static class SmallRun
{
    /// <summary>Training examples.</summary>
    public const int Examples = FewDigits.Training;

    private const int BatchSize = 16;
    private const int StepsPerEpoch = Examples / BatchSize;

    private static readonly List<EpochSummary> Epochs = [];
    private static readonly Lock Computing = new();
    private static TrainingState? _state;

    /// <summary>Where the data lies, until this process ends.</summary>
    public static string Folder => FewDigits.Folder;

    /// <summary>The options of <c>train</c>, or of a node that may be the server.</summary>
    /// <param name="more">Further ones, each with its value.</param>
    /// <param name="instead">The same, also in place of those of this run.</param>
    public static string[] Options(IEnumerable<string> more, IEnumerable<string> instead)
    {
        string[] own = ["--data", Folder, "--hidden", "16", "--batch-size", $"{BatchSize}", "--epochs", "100000"];
        var pairs = own.Concat(more).Concat(instead).Chunk(2).GroupBy(p => p[0]).Select(g => g.Last());
        return [.. pairs.SelectMany(p => p)];
    }

    /// <summary>The data.</summary>
    public static Dataset Data => FewDigits.Data;

    private static Recipe Recipe => RecipeOf(16);

    /// <summary>
    /// First digits of the SHA-256 that the weights of the sequential run have after an epoch, from 1 on.
    /// </summary>
    public static string FingerprintOf(int epoch)
    {
        lock (Computing)
        {
            if (Epochs.Count < epoch) Compute(epoch);
            return Epochs[epoch - 1].WeightsSha256[..12];
        }
    }

    /// <summary>SHA-256 of the sequential run's weights after some steps.</summary>
    public static string WeightsAfter(long steps)
    {
        lock (Computing)
        {
            var epochs = (int)(steps / StepsPerEpoch);
            var state = epochs > 0 && _state is { } known && known.Position.Epoch <= epochs ? known : null;
            return Trainer.Train(Recipe with { MaxSteps = (int)steps }, Data, state).State.Parameters.Sha256();
        }
    }

    /// <summary>The same for another network, which is not kept.</summary>
    /// <param name="steps">From the beginning on.</param>
    /// <param name="hidden">Features of each hidden layer.</param>
    public static string WeightsOfNetworkAfter(int steps, params ReadOnlySpan<int> hidden) =>
        Trainer.Train(RecipeOf(hidden) with { MaxSteps = steps }, Data).State.Parameters.Sha256();

    /// <summary>What another run, on the same recipe and data, has left in a folder for checkpoints.</summary>
    public static void Leave(string folder, long step)
    {
        var position = new TrainingPlan(Recipe, Data.Description).PositionOf(step);
        var state = TrainingState.Initial(Recipe) with { Position = position };
        new CheckpointFolder(folder, keep: 1).Save(
            step, new TrainingCheckpoint(Recipe, Data.Description, state, new(Guid.NewGuid(), 1)).Encode());
    }

    /// <summary>A copy of the data that a test may damage.</summary>
    public static void CopyTo(string folder)
    {
        Directory.CreateDirectory(folder);
        foreach (var file in Directory.EnumerateFiles(Folder))
            File.Copy(file, Path.Combine(folder, Path.GetFileName(file)));
    }

    private static Recipe RecipeOf(params ReadOnlySpan<int> hidden) =>
        new() { Model = Sequential.Mlp([784, .. hidden, 10]), BatchSize = BatchSize, Epochs = 100_000 };

    private static void Compute(int epochs) =>
        _state = Trainer.Train(Recipe with { Epochs = epochs }, Data, _state, Epochs.Add).State;
}
