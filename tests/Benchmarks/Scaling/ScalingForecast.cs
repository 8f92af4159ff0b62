using ActorTrain.Benchmarks.Report;
using ActorTrain.CostModel;

namespace ActorTrain.Benchmarks.Scaling;

/// <summary>What the cost model predicts for machines of their own.</summary>
/// <param name="Hidden">Hidden layers, in words.</param>
/// <param name="Measured">What was measured of the network.</param>
/// <param name="Scenario">How the minibatch grows.</param>
/// <param name="ServerCost">What the server's transitions cost in it.</param>
internal sealed record ScalingForecast(
    string Hidden, MeasuredCosts Measured, Scenario Scenario, (CostCurve Answer, CostCurve Plan) ServerCost)
{
    /// <summary>A network's speed that the shares of the table are of.</summary>
    public const int UsualGigabits = 10;

    /// <summary>By how much nodes may differ that were bought as equal ones.</summary>
    public const double Spread = 0.03;

    // A doubling of the nodes that brings less is not worth its machines.
    private const double LeastGain = 1.25;
    private static readonly int[] Gigabits = [1, UsualGigabits, 25];
    private readonly Dictionary<(int Gigabits, int Nodes), Prediction> _runs = [];

    /// <summary>Nodes of the alternatives' table.</summary>
    public static IReadOnlyList<int> NodesOfAlternatives { get; } = [16, 64, 256, 1024];

    /// <summary>Steps and images by the nodes, and where the time goes.</summary>
    public Section Table()
    {
        var rows = new List<string[]>();
        foreach (var nodes in Scenario.Nodes)
        {
            var usual = Run(UsualGigabits, nodes);
            rows.Add(
            [
                $"{nodes}",
                .. Gigabits.Select(g =>
                    $"{Figures.Short(Run(g, nodes).StepMicroseconds / 1e3)} ({Figures.Short(Gain(g, nodes))})"),
                Figures.Percent(usual.Computing), Figures.Percent(usual.Sending), Figures.Percent(usual.Receiving),
                Figures.Percent(usual.Serving), Figures.Percent(usual.Cores),
                Figures.Short(usual.Gradients), $"{usual.Late}",
            ]);
        }
        var shows = $"Images a second by nodes, hidden {Hidden}, {Scenario.Name}";
        return new($"Hidden {Hidden}, {Scenario.Name}",
            "Milliseconds a step; in brackets the images a second, divided by those of one process on one machine of "
            + $"the same minibatch. The shares are of the time of a step on {UsualGigabits} Gbit/s: a node computes, "
            + "the server's network sends, receives, its actor works (messages, division, sum and update), its cores "
            + "are used. Then the gradients that it asks for in a step (one for each node where shares are whole "
            + "subtrees), and how often in six steps it handed work out again because it was late.",
            [
                "nodes", .. Gigabits.Select(g => $"{g} Gbit/s"), "computes", "sends", "receives", "actor", "cores",
                "gradients", "late",
            ],
            rows)
        {
            Pictures =
            [
                (shows, Picture, Chart.Png(shows, "nodes", "images a second",
                [
                    .. Gigabits.Select(g => ($"{g} Gbit/s",
                        Scenario.Nodes.Select(n => ((double)n, ImagesPerSecond(g, n))).ToArray())),
                ])),
            ],
        };
    }

    /// <summary>From how many nodes on more do not help, and what is used there.</summary>
    public IEnumerable<Limit> Limits() => Gigabits.Select(g =>
    {
        var pays = Scenario.Nodes.Zip(Scenario.Nodes.Skip(1))
            .TakeWhile(n => ImagesPerSecond(g, n.Second) >= LeastGain * ImagesPerSecond(g, n.First))
            .Select(n => n.Second).LastOrDefault(1);
        var beyond = Scenario.Nodes.FirstOrDefault(n => n > pays, pays);
        return new Limit(
            Hidden, Scenario, g, NodesWhoseTransferIsComputing(g), pays, beyond,
            [.. Scenario.Nodes.Select(n => (n, Gain(g, n)))], UsedIn(Run(g, beyond)));
    });

    /// <summary>
    /// The fewest nodes whose work is handed out again on the usual network because it was late, and how often; none
    /// where that does not happen.
    /// </summary>
    public (int Nodes, int Times)? LateOnUsualNetwork() => Scenario.Nodes
        .Select(n => ((int Nodes, int Times)?)(n, Run(UsualGigabits, n).Late)).FirstOrDefault(l => l!.Value.Times > 0);

    /// <summary>What it takes the server's actor to divide a step among so many nodes.</summary>
    public double PlanMicroseconds(int nodes) => ServerCost.Plan.At(nodes);

    /// <summary>What nodes in between and several servers would change, on the usual network.</summary>
    public IEnumerable<string[]> Alternatives() => NodesOfAlternatives.Select(nodes =>
    {
        var form = new ClosedForm(
            Scenario.WorkloadOf(Measured.Network, nodes), CostsOf(UsualGigabits), nodes, Environment.ProcessorCount);
        var uneven = RunOf(UsualGigabits, nodes, Spread);
        double[] steps =
        [
            Run(UsualGigabits, nodes).StepMicroseconds, uneven.StepMicroseconds, form.Star(),
            form.Tree(16, servers: 1), form.Tree(nodes, servers: 8), form.Tree(16, servers: 8),
        ];
        return new[] { Hidden, Scenario.File, $"{nodes}" }
            .Concat(steps.Select(micros => Figures.Short(micros / 1e3)))
            .Append(Figures.Short(uneven.Gradients)).ToArray();
    });

    // Parameters to each node and a gradient back go through one network; nodes compute at once.
    private double NodesWhoseTransferIsComputing(int gigabits)
    {
        var (costs, workload) = (CostsOf(gigabits), Scenario.WorkloadOf(Measured.Network, 1));
        var ratio = ClosedForm.OneProcess(workload, costs) / (2 * workload.Bytes / costs.Bandwidth);
        return Scenario == Scenario.Fixed ? Math.Sqrt(ratio) : ratio;
    }

    private string Picture => $"scaling-{Scenario.File}-{Hidden.Replace(',', '-')}.png";

    private static IReadOnlyList<(string What, double Share)> UsedIn(Prediction run) =>
    [
        .. new[]
        {
            ("the nodes' computing", run.Computing), ("the server's network, outgoing", run.Sending),
            ("the server's network, incoming", run.Receiving), ("the server's actor", run.Serving),
            ("the server's cores", run.Cores),
        }.OrderByDescending(share => share.Item2),
    ];

    private double ImagesPerSecond(int gigabits, int nodes) =>
        Scenario.MinibatchOf(nodes) * 1e6 / Run(gigabits, nodes).StepMicroseconds;

    private double Gain(int gigabits, int nodes) =>
        ImagesPerSecond(gigabits, nodes)
        / (Scenario.MinibatchOf(1) * 1e6
            / ClosedForm.OneProcess(Scenario.WorkloadOf(Measured.Network, 1), CostsOf(gigabits)));

    private Prediction Run(int gigabits, int nodes)
    {
        if (!_runs.TryGetValue((gigabits, nodes), out var run))
            _runs[(gigabits, nodes)] = run = RunOf(gigabits, nodes, spread: 0);
        return run;
    }

    private Prediction RunOf(int gigabits, int nodes, double spread) => CostedCluster.Run(
        Scenario.WorkloadOf(Measured.Network, nodes), CostsOf(gigabits),
        new(nodes, Environment.ProcessorCount, IsOneMachine: false) { Spread = spread });

    private Costs CostsOf(int gigabits) => Measured.OnMachines(Scenario.LeafRows, ServerCost, gigabits);
}
