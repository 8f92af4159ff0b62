using System.Collections.Immutable;
using ActorTrain.Schedules;

namespace ActorTrain.Server;

/// <summary>Names a unit that work is given to; one that comes back after a crash has a larger incarnation.</summary>
/// <param name="Name">For logs.</param>
/// <param name="Incarnation">Grows with each restart, so that late news of an earlier life does no harm.</param>
public readonly record struct ShardId(string Name, int Incarnation)
{
    /// <summary>For logs: <c>shard-1</c>.</summary>
    public override string ToString() => Name;
}

/// <summary>A unit that work is given to: a data shard of the server's own process, or a whole worker node.</summary>
/// <param name="Id">Which.</param>
/// <param name="Cores">How many shards compute behind it.</param>
/// <param name="IsRemote">True: it shares no memory with the server, so it has no part in updates.</param>
/// <param name="Orders">Keys of the orders that it has not answered; none: it is idle.</param>
/// <param name="BusySince">When it began with the first of them, as far as the server can know.</param>
/// <param name="HeardAt">When it was last heard of.</param>
/// <param name="RowCost">
/// Microseconds from an order to its answer for a row of a minibatch, smoothed; 0: not measured yet.
/// </param>
/// <param name="Failures">Orders that it has failed at since it last answered one.</param>
public sealed record ShardSlot(
    ShardId Id, int Cores, bool IsRemote, ImmutableArray<WorkKey> Orders, TimeSpan BusySince, TimeSpan HeardAt,
    double RowCost,
    int Failures = 0)
{
    /// <summary>
    /// True from joining a run that goes on until the first answer: what the unit gets, another one has too, so that
    /// nobody waits while it receives its first parameters and runs its code for the first time.
    /// </summary>
    public bool IsOnTrial { get; init; }

    /// <summary>Microseconds of computing for a row, smoothed; 0: not measured, or the unit does not tell.</summary>
    public double ComputeCost { get; init; }

    /// <summary>What its speed is measured by: <see cref="ComputeCost"/>, if it is known.</summary>
    public double SpeedCost => ComputeCost > 0 ? ComputeCost : RowCost;

    // A fifth of each new measurement: a stall of one step does not move work about, a slower node does within ten.
    private const double Weight = 0.2;

    /// <summary>True when it has nothing to do.</summary>
    public bool IsIdle => Orders.IsEmpty;

    /// <summary>With one more order.</summary>
    public ShardSlot With(WorkKey key, TimeSpan now) =>
        this with { Orders = Orders.Add(key), BusySince = IsIdle ? now : BusySince };

    /// <summary>Without an order that it is done with.</summary>
    /// <param name="key">The order's.</param>
    /// <param name="now">When it was heard of.</param>
    /// <param name="rows">
    /// Rows of a minibatch that it computed for it; 0 where that says nothing about its speed.
    /// </param>
    /// <param name="computing">See <see cref="WorkAnswer.Computing"/>.</param>
    public ShardSlot Without(WorkKey key, TimeSpan now, int rows, TimeSpan computing = default) => this with
    {
        Orders = Orders.Remove(key),
        BusySince = now,
        HeardAt = now,
        RowCost = Smoothed(RowCost, now - BusySince, rows),
        ComputeCost = Smoothed(ComputeCost, computing, rows),
    };

    private double Smoothed(double cost, TimeSpan time, int rows)
    {
        if (rows == 0 || IsOnTrial) return cost;
        var measured = time.TotalMicroseconds / rows;
        return cost == 0 ? measured : cost + (Weight * (measured - cost));
    }
}

/// <summary>One round of work: a tree whose leaves must all be answered before the run goes on.</summary>
/// <param name="Kind">What it is for.</param>
/// <param name="Tree">The tree.</param>
/// <param name="Nodes">The nodes that the tree was divided into; they cover every leaf once.</param>
/// <param name="Waiting">Those of them that are to be handed out.</param>
/// <param name="Answers">Answers so far, in order of their leaves.</param>
/// <param name="StepEnd">What an update round works on; none in other rounds.</param>
public sealed record Round(
    WorkKind Kind, MicrobatchTree Tree, ImmutableArray<TreeNode> Nodes, ImmutableArray<TreeNode> Waiting,
    ImmutableArray<WorkAnswer> Answers,
    StepEnd? StepEnd = null)
{
    /// <summary>The steps of a joint round; none in other rounds.</summary>
    public JointRun? Joint { get; init; }

    /// <summary>When it began.</summary>
    public TimeSpan Since { get; init; }

    /// <summary>True when every node is answered.</summary>
    public bool IsComplete => Answers.Length == Nodes.Length;
}

/// <summary>Where a run is in its life.</summary>
public enum RunPhase
{
    /// <summary>Waiting for enough shards to begin.</summary>
    Gathering,

    /// <summary>Working.</summary>
    Running,

    /// <summary>All steps are done and evaluated.</summary>
    Finished,

    /// <summary>Stopped on request, after a whole step.</summary>
    Stopped,

    /// <summary>Given up: a piece of work failed again and again.</summary>
    Failed,
}

/// <summary>How far a run may be ahead of what would be left of it.</summary>
/// <param name="MostStepsAtRisk">
/// At most so many steps are ever computed again after a crash; 0: checkpoints are written at the ends of epochs only,
/// and nothing waits for them.
/// </param>
/// <param name="Requested">Steps done in the newest checkpoint that was asked for.</param>
/// <param name="Settled">Steps done in the newest one that is safe, or that is known to have failed.</param>
public readonly record struct Durability(int MostStepsAtRisk, long Requested, long Settled)
{
    /// <summary>
    /// True when a checkpoint is due: half of what may be at risk, so that it is safe before the rest is.
    /// </summary>
    public bool IsDue(long stepsDone) => MostStepsAtRisk > 0 && stepsDone - Requested >= (MostStepsAtRisk + 1) / 2;

    /// <summary>How many steps may be done before the next checkpoint is asked for.</summary>
    public long MostSteps => MostStepsAtRisk == 0
        ? long.MaxValue
        : Math.Min(Requested + ((MostStepsAtRisk + 1) / 2), Settled + MostStepsAtRisk);

    /// <summary>True when no further step may begin.</summary>
    public bool IsExhausted(long stepsDone) => MostStepsAtRisk > 0 && stepsDone - Settled >= MostStepsAtRisk;
}

/// <summary>All that the parameter server knows.</summary>
/// <param name="Plan">The run's plan.</param>
/// <param name="Incarnation">The fencing number in every order.</param>
/// <param name="Training">The run so far.</param>
/// <param name="Phase">Where the run is in its life.</param>
/// <param name="Round">The round of work; none before the first, and while the run waits for a checkpoint.</param>
/// <param name="Shards">The units that are there, in order of joining.</param>
/// <param name="ShardsToBegin">How many must be there before the first step.</param>
/// <param name="Durability">How far the run may be ahead of its checkpoints.</param>
/// <param name="StopRequested">True: end after the current step.</param>
/// <param name="Failures">Failures of the server's own shards in the current round.</param>
public sealed record ServerState(
    TrainingPlan Plan, long Incarnation, TrainingState Training, RunPhase Phase, Round? Round,
    ImmutableArray<ShardSlot> Shards, int ShardsToBegin, Durability Durability, bool StopRequested, int Failures)
{
    /// <summary>A server that waits for its shards.</summary>
    /// <param name="plan">The run's plan.</param>
    /// <param name="training">Where to go on.</param>
    /// <param name="incarnation">The fencing number.</param>
    /// <param name="shardsToBegin">How many units must be there before the first step.</param>
    /// <param name="mostStepsAtRisk">See <see cref="Durability"/>.</param>
    public static ServerState Initial(
        TrainingPlan plan, TrainingState training, long incarnation, int shardsToBegin, int mostStepsAtRisk = 0) =>
        new(plan, incarnation, training.Restarted(), RunPhase.Gathering, null, [], shardsToBegin,
            new(mostStepsAtRisk, plan.StepsDone(training.Position), plan.StepsDone(training.Position)),
            StopRequested: false, Failures: 0);

    /// <summary>Minibatches that are applied as they arrive; none in rounds and between barriers.</summary>
    public Flow? Flow { get; init; }

    /// <summary>What the server's own shards make joint steps with; none: they make none.</summary>
    public JointMemory? Joint { get; init; }

    /// <summary>How many joint steps the next round is to have.</summary>
    public int JointSteps { get; init; } = 1;

    /// <summary>What the server knows of the holders of ranges; none: it holds the parameters itself.</summary>
    public SplitParameters? Split { get; init; }

    /// <summary>Versions before the newest that some unit may still read.</summary>
    public ImmutableArray<KeptVersion> Kept { get; init; } = [];

    /// <summary>
    /// Failures of nodes that are gone, by their names: a connection that breaks between two failures makes no node
    /// well.
    /// </summary>
    public ImmutableDictionary<string, int> FailuresOfLost { get; init; } = ImmutableDictionary<string, int>.Empty;

    /// <summary>Answers since the last update, in order of arrival, where a schedule is recorded.</summary>
    public ImmutableArray<Contribution> Contributions { get; init; } = [];

    /// <summary>
    /// The minibatch before which all others must be applied: the end of the epoch or the run, or where a checkpoint is
    /// due.
    /// </summary>
    public long NextBarrier => Math.Min(
        Math.Min((Training.Position.Epoch + 1L) * Plan.StepsPerEpoch, Plan.TotalSteps), Durability.MostSteps);

    /// <summary>Minibatches that are applied.</summary>
    public long StepsDone => Plan.StepsDone(Training.Position);

    /// <summary>Gives back the memory of versions that nobody reads any more.</summary>
    internal ServerState Release(VectorPool pool)
    {
        if (Kept.IsEmpty) return this;
        var kept = ImmutableArray.CreateBuilder<KeptVersion>(Kept.Length);
        foreach (var old in Kept)
        {
            if (IsRead(old.Version)) kept.Add(old);
            else pool.Return(old.Parameters);
        }
        return this with { Kept = kept.DrainToImmutable() };
    }

    /// <summary>The key of a node in the current round.</summary>
    public WorkKey KeyOf(TreeNode node) => new(Incarnation, Training.Version, StepsDone, Round!.Kind, node);

    /// <summary>True while the run may still go on.</summary>
    public bool IsAlive => Phase is RunPhase.Gathering or RunPhase.Running;

    /// <summary>True when a unit may read the parameters of a version, or will.</summary>
    internal bool IsRead(long version)
    {
        if (Flow is { } flow)
            foreach (var order in flow.Open)
                if (order.Key.Version == version) return true;
        foreach (var shard in Shards)
            foreach (var key in shard.Orders)
                if (key.Version == version) return true;
        return false;
    }
}
