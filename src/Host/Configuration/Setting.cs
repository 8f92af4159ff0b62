namespace ActorTrain.Host.Configuration;

/// <summary>One setting of a training run: a key of the configuration and an option of the command line.</summary>
/// <param name="Key">In configuration files, section <c>Training</c>; in the environment <c>ACTORTRAIN__TRAINING__KEY</c>.</param>
/// <param name="Option">On the command line.</param>
/// <param name="Value">What stands for its value in the help.</param>
/// <param name="Help">What it does, with its default.</param>
internal sealed record Setting(string Key, string Option, string Value, string Help)
{
    /// <summary>The section that all keys are in.</summary>
    public const string Section = "Training";

    /// <summary>Every setting, in the order of the help.</summary>
    public static IReadOnlyList<Setting> All { get; } =
    [
        new("Data", "--data", "NAME|FOLDER", "data set: mnist, or a folder of IDX files (default mnist)"),
        new("Model", "--model", "mlp|FILE", "mlp, or a JSON file with the model's layers (default mlp)"),
        new("Hidden", "--hidden", "SIZES", "hidden layers of the mlp, or none (default 128,64)"),
        new("Epochs", "--epochs", "N", "passes over the training split (default 5)"),
        new("MaxSteps", "--max-steps", "N", "end after this many steps (default: when the epochs are done)"),
        new("BatchSize", "--batch-size", "N", "examples in a minibatch (default 64)"),
        new("Microbatches", "--microbatches", "N", "parts of a minibatch, summed in a fixed tree (default 4)"),
        new("DropLast", "--drop-last", "true|false", "leave out an epoch's last minibatch when it is short (default false)"),
        new("Optimizer", "--optimizer", "sgd", "optimiser (default sgd)"),
        new("LearningRate", "--lr", "X", "learning rate (default 0.01)"),
        new("Momentum", "--momentum", "X", "momentum, 0 for none (default 0.9)"),
        new("Seed", "--seed", "N", "seed of initial weights and shuffles (default 7)"),
        new("Kernel", "--kernel", "NAME", "matrix multiply: managed, mkl, openblas, or auto to measure (default managed)"),
        new("Strategy", "--strategy", "NAME", "sync, ssp:BOUND, async or local:STEPS; see docs/strategies.md (default sync)"),
        new("Compression", "--compression", "NAME", "of gradients between processes: none, bf16 or topk:FRACTION (default none)"),
        new("Shards", "--shards", "N", "data shards, each with a thread of its own (default: one a core)"),
        new("Nodes", "--nodes", "0", "worker nodes to wait for; this version trains in one process (default 0)"),
        new("Out", "--out", "FOLDER", "where the run is written (default runs/ and the time)"),
        new("KeepCheckpoints", "--keep-checkpoints", "N", "how many checkpoints are kept (default 3)"),
        new("Report", "--report", "FILE", "write a JSON report at the end"),
    ];
}
