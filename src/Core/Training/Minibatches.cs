using System.Collections.Immutable;

namespace ActorTrain;

/// <summary>
/// Which examples a step takes. Keeps the order of the epoch that was asked for last; for one thread at a time.
/// </summary>
internal sealed class Minibatches(TrainingPlan plan)
{
    private ImmutableArray<int> _order;

    /// <summary>The epoch of the last answer; −1 before the first.</summary>
    public int Epoch { get; private set; } = -1;

    /// <summary>How the minibatch of a step of the run divides, and its examples.</summary>
    public (MicrobatchTree Tree, ReadOnlyMemory<int> Indices) Of(long number)
    {
        var (epoch, step) = plan.PositionOf(number);
        if (Epoch != epoch) (_order, Epoch) = (Shuffle.Order(plan.Data.TrainCount, plan.Recipe.Seed, epoch), epoch);
        var tree = plan.TreeOf(step);
        return (tree, _order.AsMemory().Slice(plan.FirstSampleOf(step), tree.Rows));
    }

    /// <summary>The examples of the step after one that was just asked for; empty where another epoch begins.</summary>
    public ReadOnlyMemory<int> After(long number)
    {
        var (epoch, step) = plan.PositionOf(number + 1);
        return epoch != Epoch
            ? default
            : _order.AsMemory().Slice(plan.FirstSampleOf(step), plan.TreeOf(step).Rows);
    }
}
