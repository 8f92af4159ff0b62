namespace ActorTrain.Server;

/// <summary>What a round of work is for.</summary>
public enum WorkKind
{
    /// <summary>The gradient of one minibatch of the training split.</summary>
    Gradient,

    /// <summary>The update of the parameters, a range of them for each shard.</summary>
    Update,

    /// <summary>Loss and predictions on the test split.</summary>
    Evaluation,

    /// <summary>Optimiser steps of a shard's own on consecutive minibatches, to be averaged.</summary>
    LocalSteps,

    /// <summary>Whole steps by the server's own shards together, each on its columns of every layer.</summary>
    Joint,
}

/// <summary>
/// Names one piece of work for ever: an answer that carries it is worth the same whoever gives it and whenever it
/// comes.
/// </summary>
/// <param name="Incarnation">The server's fencing number; it grows whenever another server takes over.</param>
/// <param name="Version">Updates in the parameters that it is computed from.</param>
/// <param name="Step">
/// Which minibatch of the run, from 0 on; in synchronous training it equals the version. For other kinds than
/// gradients: how many were applied when the round began.
/// </param>
/// <param name="Kind">What it is for.</param>
/// <param name="Node">The node of the minibatch's or the round's tree.</param>
public readonly record struct WorkKey(long Incarnation, long Version, long Step, WorkKind Kind, TreeNode Node)
{
    /// <summary>For logs: <c>Gradient of node 1:0, version 412</c>.</summary>
    public override string ToString() => $"{Kind} of node {Node}, version {Version}";
}

/// <summary>A piece of work, whole: whoever has the recipe and the data can do it.</summary>
/// <param name="Key">Its name.</param>
public abstract record WorkOrder(WorkKey Key);

/// <summary>Compute the gradient sum of a node of a minibatch's tree.</summary>
/// <param name="Key">Its name.</param>
/// <param name="Parameters">To compute from; they do not change while anybody has this order.</param>
public sealed record GradientOrder(WorkKey Key, FlatVector Parameters) : WorkOrder(Key)
{
    /// <summary>Set where the parameters are still arriving; none: they are all there.</summary>
    public ParameterArrival? Arrival { get; init; }
}

/// <summary>Do a part of an update: some of its runs.</summary>
/// <param name="Key">Its name.</param>
/// <param name="Update">The whole update.</param>
/// <param name="FirstRun">The first run.</param>
/// <param name="Runs">How many.</param>
public sealed record UpdateOrder(WorkKey Key, ParameterUpdate Update, int FirstRun, int Runs) : WorkOrder(Key);

/// <summary>Evaluate a node of the test split's tree.</summary>
/// <param name="Key">Its name.</param>
/// <param name="Parameters">To compute from; they do not change while anybody has this order.</param>
public sealed record EvaluationOrder(WorkKey Key, FlatVector Parameters) : WorkOrder(Key)
{
    /// <summary>Set where the parameters are still arriving; none: they are all there.</summary>
    public ParameterArrival? Arrival { get; init; }
}

/// <summary>Make optimiser steps of your own on consecutive minibatches.</summary>
/// <param name="Key">Its name.</param>
/// <param name="FirstStep">The first minibatch of the run.</param>
/// <param name="Steps">How many; all of one epoch.</param>
/// <param name="Parameters">To begin from; they do not change while anybody has this order.</param>
/// <param name="Optimizer">The optimiser's state to begin from; the same holds.</param>
public sealed record LocalStepsOrder(
    WorkKey Key, long FirstStep, int Steps, FlatVector Parameters, OptimizerState Optimizer) : WorkOrder(Key);

/// <summary>Make steps together with the other shards of this process: the leaf is the shard's rank.</summary>
/// <param name="Key">Its name.</param>
/// <param name="Run">The steps.</param>
public sealed record JointOrder(WorkKey Key, JointRun Run) : WorkOrder(Key);

/// <summary>What comes back for a <see cref="WorkOrder"/>.</summary>
/// <param name="Key">Of the order.</param>
public abstract record WorkAnswer(WorkKey Key)
{
    /// <summary>
    /// How long whoever answers computed, without what it waited for; zero: not measured. It says how fast a unit is,
    /// which the time until its answer comes does not: that has the step's update and transfers in it.
    /// </summary>
    public TimeSpan Computing { get; init; }
}

/// <summary>The answer to a gradient order.</summary>
/// <param name="Key">Of the order.</param>
/// <param name="Sum">
/// Sums over the node's rows; valid until the shard that gave it gets a gradient order of another version.
/// </param>
public sealed record GradientAnswer(WorkKey Key, GradientSum Sum) : WorkAnswer(Key);

/// <summary>The answer to an update order: the runs are done.</summary>
/// <param name="Key">Of the order.</param>
public sealed record UpdateAnswer(WorkKey Key) : WorkAnswer(Key);

/// <summary>The answer to a joint order: the rank's part is done.</summary>
/// <param name="Key">Of the order.</param>
/// <param name="End">The same from every rank.</param>
public sealed record JointAnswer(WorkKey Key, JointEnd End) : WorkAnswer(Key);

/// <summary>The answer to an evaluation order.</summary>
/// <param name="Key">Of the order.</param>
/// <param name="Evaluation">Of the node's rows.</param>
public sealed record EvaluationAnswer(WorkKey Key, Evaluation Evaluation) : WorkAnswer(Key);

/// <summary>
/// The answer to an order of local steps; its vectors are valid until the shard gets an order of another version.
/// </summary>
/// <param name="Key">Of the order.</param>
/// <param name="Parameters">After the steps.</param>
/// <param name="Optimizer">After the steps.</param>
/// <param name="Sum">Over the rows of all its minibatches.</param>
public sealed record LocalStepsAnswer(
    WorkKey Key, FlatVector Parameters, OptimizerState Optimizer, StepSum Sum) : WorkAnswer(Key);
