using ActorTrain.Server;

namespace ActorTrain.Actors;

/// <summary>What a run tells whoever watches it.</summary>
public abstract record TrainingEvent;

/// <summary>A step is done. Not every step is told: the first one, and then about twenty a second.</summary>
/// <param name="Position">After the step.</param>
/// <param name="StepsPerEpoch">Steps of an epoch.</param>
/// <param name="Totals">Sums over the epoch so far.</param>
/// <param name="Pace">This process's part of the epoch so far, without what was done before a resume.</param>
public sealed record StepDone(Position Position, int StepsPerEpoch, EpochTotals Totals, EpochPace Pace) : TrainingEvent;

/// <summary>An epoch is done and evaluated.</summary>
/// <param name="Summary">Its figures.</param>
/// <param name="Pace">This process's part of it, without what was done before a resume.</param>
/// <param name="Epochs">How many the run has.</param>
public sealed record EpochDone(EpochSummary Summary, EpochPace Pace, int Epochs) : TrainingEvent;

/// <summary>
/// A loss is NaN or ∞, told once in a process: training diverges. The run goes on to its end, as it would in PyTorch.
/// </summary>
/// <param name="Loss">NaN or ∞: of the epoch so far, or on the test split.</param>
/// <param name="Step">Steps done when it was met.</param>
/// <param name="Epoch">The epoch of the last of them, from 1 on.</param>
public sealed record LossNotFinite(double Loss, long Step, int Epoch) : TrainingEvent;

/// <summary>What this process did of an epoch, and how long it took.</summary>
/// <param name="Steps">Steps that it made.</param>
/// <param name="Samples">Training examples of those steps.</param>
/// <param name="Seconds">Seconds that those steps took, evaluation excluded.</param>
/// <param name="LongestStep">The longest of them, in seconds.</param>
public readonly record struct EpochPace(long Steps, long Samples, double Seconds, double LongestStep = 0);

/// <summary>A piece of work is handed out again.</summary>
/// <param name="Shard">Who had it.</param>
/// <param name="Key">Which.</param>
/// <param name="Reason">Why.</param>
public sealed record WorkReassigned(ShardId Shard, WorkKey Key, string Reason) : TrainingEvent;

/// <summary>A worker node has joined.</summary>
/// <param name="Node">Which.</param>
/// <param name="Shards">How many shards it has.</param>
/// <param name="Step">Steps done.</param>
public sealed record NodeJoined(ShardId Node, int Shards, long Step) : TrainingEvent;

/// <summary>A worker node, or a shard of this process, is lost.</summary>
/// <param name="Node">Which.</param>
/// <param name="Step">Steps done.</param>
/// <param name="Silence">Since it was last heard of.</param>
/// <param name="Microbatches">How many of its microbatches are handed out again; no sample is lost with them.</param>
/// <param name="Reason">In words.</param>
public sealed record NodeLost(
    ShardId Node, long Step, TimeSpan Silence, int Microbatches, string Reason) : TrainingEvent;

/// <summary>A checkpoint is on the disk.</summary>
/// <param name="Path">Where.</param>
public sealed record CheckpointSaved(string Path) : TrainingEvent;

/// <summary>A checkpoint could not be written; the run goes on, and tries again at the next one.</summary>
/// <param name="Reason">Why, with the path.</param>
public sealed record CheckpointNotSaved(string Reason) : TrainingEvent;

/// <summary>The run is over, and its last checkpoint is on the disk if one was to be written.</summary>
/// <param name="Outcome">How it ended.</param>
public sealed record RunEnded(TrainingOutcome Outcome) : TrainingEvent;

/// <summary>How a run ended.</summary>
/// <param name="Phase">Finished, stopped or failed.</param>
/// <param name="State">The last state, copied: it stays valid.</param>
/// <param name="Evaluation">Of its parameters on the test split; none when it was stopped or failed.</param>
/// <param name="TrainSeconds">Seconds that steps took, evaluation excluded.</param>
/// <param name="StepsDone">Steps of this run, without those before a resume.</param>
/// <param name="SamplesSeen">Training examples of those steps.</param>
/// <param name="Reason">Why it failed; none otherwise.</param>
public sealed record TrainingOutcome(
    RunPhase Phase, TrainingState State, Evaluation? Evaluation, double TrainSeconds, long StepsDone, long SamplesSeen,
    string? Reason);

/// <summary>This worker node takes part in a run.</summary>
/// <param name="Incarnation">The server's fencing number.</param>
/// <param name="Aggregator">Through whom; none: by itself.</param>
public sealed record NodeWelcomed(long Incarnation, string? Aggregator = null) : TrainingEvent;

/// <summary>This worker node has lost its server, and looks for it again.</summary>
/// <param name="Incarnation">The server's fencing number.</param>
/// <param name="Reason">In words.</param>
/// <param name="Aggregator">Whom it has lost instead; none: the server itself.</param>
public sealed record ServerLinkLost(long Incarnation, string Reason, string? Aggregator = null) : TrainingEvent;

/// <summary>The server has refused a node.</summary>
/// <param name="Node">Its name.</param>
/// <param name="Reason">In words.</param>
public sealed record NodeRefused(string Node, string Reason) : TrainingEvent;

/// <summary>This node is the server from here on.</summary>
/// <param name="Incarnation">Its fencing number.</param>
/// <param name="Step">Steps done in the state that it goes on from.</param>
public sealed record ServerStarted(long Incarnation, long Step) : TrainingEvent;

/// <summary>A stand-by keeps the run's checkpoints from here on.</summary>
/// <param name="Node">Its name.</param>
public sealed record StandbyAttached(string Node) : TrainingEvent;

/// <summary>A stand-by is gone; the run does not wait for it any more.</summary>
/// <param name="Node">Its name.</param>
/// <param name="Reason">In words.</param>
public sealed record StandbyLost(string Node, string Reason) : TrainingEvent;

/// <summary>A node holds a range of the parameters from here on.</summary>
/// <param name="Node">Its name.</param>
/// <param name="Range">Which.</param>
public sealed record RangeAssigned(string Node, ParameterRange Range) : TrainingEvent;

/// <summary>A node that held a range of the parameters is gone.</summary>
/// <param name="Node">Its name.</param>
/// <param name="Range">Which it held.</param>
/// <param name="Reason">In words.</param>
public sealed record RangeUnassigned(string Node, ParameterRange Range, string Reason) : TrainingEvent;

/// <summary>
/// The run has gone back to the newest state that the server had whole, and could go on from.
/// </summary>
/// <param name="From">Steps that were done.</param>
/// <param name="To">Steps that are done now.</param>
/// <param name="Reason">In words.</param>
public sealed record WentBack(long From, long To, string Reason) : TrainingEvent;

/// <summary>This node holds a range of the parameters from here on.</summary>
/// <param name="Range">Which.</param>
/// <param name="Incarnation">The server's fencing number.</param>
public sealed record RangeTaken(ParameterRange Range, long Incarnation) : TrainingEvent;

/// <summary>This node has heard that the run is over.</summary>
/// <param name="Phase">Finished, stopped or failed.</param>
/// <param name="WeightsSha256">Of the last parameters.</param>
/// <param name="Reason">Why it failed; none otherwise.</param>
public sealed record RunOverHeard(RunPhase Phase, string WeightsSha256, string? Reason) : TrainingEvent;

/// <summary>Something that an operator should know.</summary>
/// <param name="Text">One sentence.</param>
public sealed record Notice(string Text) : TrainingEvent;
