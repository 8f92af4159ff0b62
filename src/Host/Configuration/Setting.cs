using ActorTrain.Host.Data;

namespace ActorTrain.Host.Configuration;

/// <summary>One setting: a key of the configuration and an option of the command line.</summary>
/// <param name="Key">
/// In configuration files, in its section; in the environment <c>ACTORTRAIN__SECTION__KEY</c>.
/// </param>
/// <param name="Option">On the command line.</param>
/// <param name="Value">What stands for its value in the help.</param>
/// <param name="Help">What it does, with its default.</param>
internal sealed record Setting(string Key, string Option, string Value, string Help)
{
    /// <summary>What is trained, on what, with what of this machine; in the order of the help.</summary>
    public static SettingSection Training { get; } = new("Training",
    [
        new("Data", "--data", "NAME|FOLDER", $"{NamedData.Choices} (default mnist)"),
        new(
            "Validation", "--validation", "N",
            "judge by the last N training examples instead of the test split (default: by the test split)"),
        new(
            "Model", "--model", "mlp|FILE",
            "mlp, or a JSON file with the model's layers, or a recipe of configs/recipes/ (default mlp)"),
        LayerFiles.Setting,
        new("Hidden", "--hidden", "SIZES", "hidden layers of the mlp, or none (default 128,64)"),
        new(
            "Init", "--init", "FILE|RUN",
            "begin with the parameters of a checkpoint, .safetensors, .pt or .npz (default: by the seed)"),
        new("Epochs", "--epochs", "N", "passes over the training split (default 5)"),
        new("MaxSteps", "--max-steps", "N", "end after this many steps (default: when the epochs are done)"),
        new("BatchSize", "--batch-size", "N", "examples in a minibatch (default 64)"),
        new("Microbatches", "--microbatches", "N", "parts of a minibatch, summed in a fixed tree (default 4)"),
        new(
            "DropLast", "--drop-last", "true|false",
            "leave out an epoch's last minibatch when it is short (default false)"),
        new(
            "LabelSmoothing", "--label-smoothing", "X",
            "of cross-entropy, for models that end in logits (default 0)"),
        new(
            "ClassWeights", "--class-weights", "W,W,...",
            "how much each class counts in the loss, see docs/losses.md (default: all the same)"),
        new("IgnoreLabel", "--ignore-label", "N", "examples of this class do not count in the loss (default: none)"),
        new(
            "Optimizer", "--optimizer", "NAME",
            "sgd, adam, adamw, rmsprop, adagrad, adadelta or lion; see docs/optimizers.md (default sgd)"),
        new(
            "LearningRate", "--lr", "X",
            "learning rate (default 0.01; adam and adamw 0.001, adadelta 1, lion 0.0001)"),
        new("Momentum", "--momentum", "X", "momentum, 0 for none (default 0.9 of sgd, 0 of rmsprop)"),
        new("Nesterov", "--nesterov", "true|false", "Nesterov's momentum of sgd (default false)"),
        new("Dampening", "--dampening", "X", "dampening of sgd's momentum (default 0)"),
        new("WeightDecay", "--weight-decay", "X", "pulls weights towards 0 (default 0; adamw 0.01)"),
        new("Betas", "--betas", "B1,B2", "decays of adam, adamw (default 0.9,0.999) and lion (0.9,0.99)"),
        new(
            "Epsilon", "--eps", "X",
            "keeps divisors from 0: adam, adamw, rmsprop (default 1e-8), adagrad (1e-10), adadelta (1e-6)"),
        new("Alpha", "--alpha", "X", "decay of rmsprop's squares (default 0.99)"),
        new("Rho", "--rho", "X", "decay of adadelta's squares (default 0.9)"),
        new("LearningRateDecay", "--lr-decay", "X", "of adagrad: lr / (1 + step * X) (default 0)"),
        new(
            "Schedule", "--schedule", "NAME",
            "of the learning rate: step, multistep, exponential, cosine, onecycle, warmup; see docs/optimizers.md "
            + "(default none)"),
        new("ClipNorm", "--clip-norm", "X", "shorten a gradient that is longer (default: none)"),
        new("ClipValue", "--clip-value", "X", "hold each element of a gradient within ±X (default: none)"),
        new(
            "Ema", "--ema", "DECAY",
            "keep a moving average of the weights, which evaluate and predict then use (default: none)"),
        new("Freeze", "--freeze", "NAMES", "parameters that are not trained: fc1.*,conv1.weight (default: none)"),
        new(
            "Augment", "--augment", "NAMES",
            "change training images at random: affine, elastic, shift, flip; see docs/data.md (default none)"),
        new("Seed", "--seed", "N", "seed of initial weights, shuffles and augmentation (default 7)"),
        new(
            "Kernel", "--kernel", "NAME",
            "matrix multiply: managed, mkl, openblas, or auto to measure (default managed)"),
        new(
            "Strategy", "--strategy", "NAME",
            "sync, ssp:BOUND, async or local:STEPS; see docs/strategies.md (default sync)"),
        new(
            "Compression", "--compression", "NAME",
            "of gradients between processes: none, bf16 or topk:FRACTION (default none)"),
        new(
            "Shards", "--shards", "N",
            "data shards, each with a thread of its own; 0 with --nodes: only serve (default: one a core)"),
        new(
            "Nodes", "--nodes", "N",
            "worker nodes to wait for, an aggregator its own; 0: train in this process only (default 0)"),
        new("Out", "--out", "FOLDER", "where the run is written (default runs/ and the time)"),
        new("KeepCheckpoints", "--keep-checkpoints", "N", "how many checkpoints are kept (default 3)"),
        new("TensorBoard", "--tensorboard", "FOLDER", "write TensorBoard's event file there, a point an epoch"),
        new("Report", "--report", "FILE", "write a JSON report at the end"),
    ]);

    /// <summary>How a process takes part in a cluster, in the order of the help.</summary>
    public static SettingSection Cluster { get; } = new("Cluster",
    [
        new(
            "Role", "--role", "server|worker|aggregator|ps",
            "server: lead a run or stand by; worker: compute; aggregator: compute, and sum for other workers; ps: hold "
            + "a range of the parameters"),
        new(
            "Through", "--through", "NAME",
            "a worker: send what it computes to the aggregator of this name (default: to the server)"),
        new(
            "Host", "--host", "ADDRESS",
            "address of this machine to listen on; beyond loopback TLS is required (default 127.0.0.1)"),
        new("Port", "--port", "N", "port of the control plane; 0: any free one (default 0)"),
        new(
            "BulkPort", "--bulk-port", "N",
            "port for weights and gradients of a server, aggregator or ps; 0: any free one (default 0)"),
        new("PublicHost", "--public-host", "ADDRESS", "what other nodes call --host, where that differs"),
        new(
            "SeedNodes", "--seed-node", "HOST:PORT,...",
            "nodes to join by, the same list on every node (default: form a cluster)"),
        new("Name", "--name", "TEXT", "the node's name in logs (default: machine and process)"),
        new("Transport", "--transport", "tcp|akka", "what carries weights and gradients (default tcp)"),
        new(
            "SharedMemory", "--shared-memory", "true|false",
            "nodes of one machine read weights and gradients from each other's memory (default true)"),
        new(
            "ParameterServers", "--parameter-servers", "N",
            "nodes of role ps that the server splits the parameters over; 0: it holds them itself (default 0)"),
        new(
            "CheckpointSteps", "--checkpoint-steps", "N",
            "at most so many steps are computed again after a server is lost (default 200)"),
        new("TlsAuthority", "--tls-authority", "FILE", "PEM of the authority that signed every node's certificate"),
        new("TlsCertificate", "--tls-certificate", "FILE", "PEM of this node's certificate"),
        new("TlsKey", "--tls-key", "FILE", "PEM of its private key"),
    ]);
}

/// <summary>Settings that belong together.</summary>
/// <param name="Name">Of the section in configuration files.</param>
/// <param name="Settings">In the order of the help.</param>
internal sealed record SettingSection(string Name, IReadOnlyList<Setting> Settings)
{
    /// <summary>The same section where a command has other words for a setting.</summary>
    public SettingSection With(Setting setting) =>
        this with { Settings = [.. Settings.Select(s => s.Key == setting.Key ? setting : s)] };

    /// <summary>The same section without a setting that a command does not have.</summary>
    public SettingSection Without(string key) => this with { Settings = [.. Settings.Where(s => s.Key != key)] };
}
