using ActorTrain.Actors;

namespace ActorTrain.CostModel;

/// <summary>A part of a gradient's computation.</summary>
/// <param name="Share">Of its work.</param>
/// <param name="Needs">Parameters, from the first on, that must be there before it.</param>
/// <param name="FinalFrom">The gradient is final from this element on after it.</param>
internal readonly record struct Segment(double Share, int Needs, int FinalFrom);

/// <summary>
/// What is trained: the network that durations and bytes are of, and the plan that the rules run. They may differ: the
/// rules ask nothing of a network, so a tiny one stands in for it where nobody wants the numbers.
/// </summary>
/// <param name="Network">What costs are of.</param>
/// <param name="Plan">What the rules run.</param>
internal sealed record Workload(Sequential Network, TrainingPlan Plan)
{
    /// <summary>Parameters.</summary>
    public int Count => Network.Layout.Count;

    /// <summary>Bytes of all of them.</summary>
    public long Bytes => Count * (long)sizeof(float);

    /// <summary>A minibatch of a network, the rules run with a stand-in of a dozen parameters.</summary>
    /// <param name="network">What costs are of.</param>
    /// <param name="minibatch">Rows.</param>
    /// <param name="microbatches">Leaves of the tree.</param>
    /// <param name="steps">How many steps, one epoch at most.</param>
    public static Workload StandIn(Sequential network, int minibatch, int microbatches, int steps) => new(
        network,
        new(
            new()
            {
                Model = Sequential.Mlp(4, 2),
                BatchSize = minibatch,
                Microbatches = microbatches,
                MaxSteps = steps,
            },
            new("stand-in", "", minibatch * (steps + 1), 4, 2, 2, 2, new(0.5f, 0.5f))));

    /// <summary>
    /// The passes in order: forward from the first layer, backward from the last. Each is as long as its multiply-adds:
    /// backward twice forward's, but for the first layer, whose input needs no gradient.
    /// </summary>
    public IReadOnlyList<Segment> Segments()
    {
        List<(double Work, int Start, int End)> layers = [];
        for (var i = 0; i < Network.Layers.Length; i++)
        {
            var (offset, layout) = Network.Layout.Child(i);
            if (Network.Layers[i].Layer is Linear linear)
                layers.Add(((double)linear.InFeatures * linear.OutFeatures, offset, offset + layout.Count));
        }
        var total = (3 * layers.Sum(l => l.Work)) - layers[0].Work;
        return
        [
            .. layers.Select(l => new Segment(l.Work / total, l.End, Count)),
            .. layers.Index().Reverse().Select(
                l => new Segment((l.Index == 0 ? 1 : 2) * l.Item.Work / total, Count, l.Item.Start)),
        ];
    }

    /// <summary>Ends of the pieces that an update is done and sent in, in elements.</summary>
    public int[] Pieces()
    {
        var runs = (Count + ParameterUpdate.RunLength - 1) / ParameterUpdate.RunLength;
        var runsOfPiece = StreamedVector.RunsOfPart(runs);
        return
        [
            .. Enumerable.Range(1, (runs + runsOfPiece - 1) / runsOfPiece)
                .Select(i => Math.Min(Count, i * runsOfPiece * ParameterUpdate.RunLength)),
        ];
    }

    /// <summary>True when a gradient is sent layer by layer.</summary>
    public bool IsStreamed => Count >= 2 * StreamedVector.MinPart;
}
