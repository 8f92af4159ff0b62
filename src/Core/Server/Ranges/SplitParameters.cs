using System.Collections.Immutable;

namespace ActorTrain.Server;

/// <summary>
/// What the server knows of a run whose parameters are held by other nodes, a range each. The server plans, decides
/// which answers count, and has all vectors only from time to time: <see cref="Whole"/>.
/// </summary>
/// <param name="Ranges">Who holds what, in order.</param>
/// <param name="Whole">
/// The newest state that the server has all vectors of; the run goes back to it when a range is lost. The vectors in
/// <see cref="ServerState.Training"/> are its.
/// </param>
/// <param name="IsCollecting">True: the run waits until all ranges of its version are here.</param>
/// <param name="Pushed">
/// Nodes of this round, each with a bit for every range whose holder has that part of its gradient.
/// </param>
/// <param name="Held">Answers whose gradients are not at all holders yet.</param>
public sealed record SplitParameters(
    ImmutableArray<ParameterRange> Ranges, TrainingState Whole, bool IsCollecting,
    ImmutableDictionary<TreeNode, ulong> Pushed, ImmutableArray<WorkAnswered> Held)
{
    /// <summary>At the beginning: the server has everything, the holders nothing.</summary>
    public static SplitParameters Of(ImmutableArray<ParameterRange> ranges, TrainingState whole) =>
        new(ranges, whole, IsCollecting: false, ImmutableDictionary<TreeNode, ulong>.Empty, []);

    /// <summary>Why a run can not be split, as a sentence; none: it can.</summary>
    /// <param name="recipe">The run's recipe.</param>
    /// <param name="holders">How many nodes are to hold a range.</param>
    /// <param name="shards">The server's own.</param>
    public static string? Refusal(Recipe recipe, int holders, int shards)
    {
        var count = recipe.Model.Layout.Count;
        if (holders == 0) return null;
        if (recipe.Strategy is not Synchronous || recipe.Compression is not NoCompression)
            return $"parameter-servers is {holders} with strategy {recipe.Strategy} and compression "
                + $"{recipe.Compression}; give strategy sync and compression none, or parameter-servers 0.";
        if (recipe.Clipping is ClipByNorm)
            return $"parameter-servers is {holders} with clipping by norm, which needs the whole gradient in one "
                + "place; clip by value, or give parameter-servers 0.";
        if (shards > 0)
            return $"parameter-servers is {holders} with shards {shards}; give the server shards 0: it has no "
                + "parameters to compute from.";
        return holders <= Math.Min(ParameterRange.Most, count)
            ? null
            : $"parameter-servers is {holders}; give 0 to {Math.Min(ParameterRange.Most, count)}.";
    }

    /// <summary>With a newer state that the server has all vectors of.</summary>
    public SplitParameters WithWhole(TrainingState whole) => this with { Whole = whole };

    /// <summary>True when every holder has the gradient of a node.</summary>
    public bool IsPushed(TreeNode node) => Pushed.GetValueOrDefault(node) == ulong.MaxValue >> (64 - Ranges.Length);

    /// <summary>With the gradient of a node at one more holder.</summary>
    public SplitParameters With(TreeNode node, int range) =>
        this with { Pushed = Pushed.SetItem(node, Pushed.GetValueOrDefault(node) | (1UL << range)) };
}

/// <summary>All ranges have holders, who know nothing yet.</summary>
public sealed record RangesHeld : ServerEvent
{
    /// <summary>The only one needed.</summary>
    public static RangesHeld Instance { get; } = new();
}

/// <summary>A holder is gone, and its range with it.</summary>
/// <param name="Incarnation">The fencing number from here on.</param>
public sealed record RangeLost(long Incarnation) : ServerEvent;

/// <summary>A holder has its range of a node's gradient.</summary>
/// <param name="Range">Which, by its place.</param>
/// <param name="Key">The node's.</param>
public sealed record PushConfirmed(int Range, WorkKey Key) : ServerEvent;

/// <summary>All ranges of a version are here.</summary>
/// <param name="Parameters">The parameters.</param>
/// <param name="Optimizer">The optimiser's state.</param>
public sealed record RangesCollected(FlatVector Parameters, OptimizerState Optimizer) : ServerEvent;

/// <summary>Give every holder its range of a state.</summary>
/// <param name="Training">The state.</param>
public sealed record GiveRanges(TrainingState Training) : ServerEffect;

/// <summary>Tell every holder to end a step.</summary>
/// <param name="Version">Which is updated.</param>
/// <param name="Nodes">The tree nodes that make it up, in order of their leaves.</param>
public sealed record UpdateRanges(long Version, ImmutableArray<TreeNode> Nodes) : ServerEffect;

/// <summary>Ask every holder for its range.</summary>
/// <param name="Version">Which all of them have, as soon as they have done what they were told.</param>
public sealed record CollectRanges(long Version) : ServerEffect;

/// <summary>Tell whoever watches that the run has gone back.</summary>
/// <param name="From">Steps that were done.</param>
/// <param name="To">Steps that are done now.</param>
/// <param name="Reason">In words.</param>
public sealed record ReportWentBack(long From, long To, string Reason) : ServerEffect;
