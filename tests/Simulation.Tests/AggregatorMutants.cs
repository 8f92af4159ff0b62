namespace ActorTrain.Simulation.Tests;

/// <summary>What a lost member of an aggregator worked on is not handed out again.</summary>
internal sealed class ForgetsThePartOfALostMember : Rules
{
    public override AggregatorTransition Aggregator(
        AggregatorState state, ServerEvent @event, TimeSpan now, NodeSums sums)
    {
        if (@event is ShardLost e && state.Units.FirstOrDefault(u => u.Id == e.Shard) is { } unit)
            state = state with { Units = state.Units.Replace(unit, unit with { Orders = [] }) };
        return base.Aggregator(state, @event, now, sums);
    }
}

/// <summary>An answer of another version counts if its node is a part of an aggregator's order.</summary>
internal sealed class SumsAnotherVersion : Rules
{
    public override AggregatorTransition Aggregator(
        AggregatorState state, ServerEvent @event, TimeSpan now, NodeSums sums)
    {
        if (@event is WorkAnswered { Answer: GradientAnswer answer } e &&
            state.Works.FirstOrDefault(w => w.Parts.Contains(answer.Key.Node)) is { Order: GradientOrder order })
            @event = e with { Answer = answer with { Key = order.Key with { Node = answer.Key.Node } } };
        return base.Aggregator(state, @event, now, sums);
    }
}

/// <summary>An aggregator sums the first part in the place of the second.</summary>
internal sealed class SumsTheFirstPartTwice : Rules
{
    public override AggregatorTransition Aggregator(
        AggregatorState state, ServerEvent @event, TimeSpan now, NodeSums sums)
    {
        var works = state.Works;
        for (var i = 0; i < works.Length; i++)
        {
            if (works[i].Answers is not [GradientAnswer first, GradientAnswer second, ..]) continue;
            works = works.SetItem(i, works[i] with
            {
                Answers = works[i].Answers.SetItem(1, second with { Sum = first.Sum }),
            });
        }
        return base.Aggregator(state with { Works = works }, @event, now, sums);
    }
}

/// <summary>An aggregator goes on with orders of a server that another one has replaced.</summary>
internal sealed class SumsForAnOlderServer : Rules
{
    public override AggregatorTransition Aggregator(AggregatorState state, WorkerEvent @event, TimeSpan now)
    {
        if (@event is OrderArrived { Order: var order } && order.Key.Incarnation < state.Incarnation)
            state = state with { Incarnation = order.Key.Incarnation, Works = [] };
        return base.Aggregator(state, @event, now);
    }
}
