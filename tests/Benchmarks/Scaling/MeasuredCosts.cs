using ActorTrain.CostModel;

namespace ActorTrain.Benchmarks.Scaling;

/// <summary>The cost model's constants, measured on this machine.</summary>
internal sealed class MeasuredCosts
{
    /// <summary>Bytes a microsecond of 1 Gbit/s: 94 % of the bits are payload.</summary>
    public const double Gigabit = 125 * 0.94;

    /// <summary>
    /// One way through a switch and two network cards, in microseconds, beyond what loopback has: assumed, not
    /// measured.
    /// </summary>
    public const double NetworkLatency = 30;

    // As ActorTrain's dispatchers: a tenth of what they spin in all, for the rest they yield.
    private const double Spin = 20;
    private const int MostRows = 512;
    private readonly Dictionary<int, CostCurve> _gradients = [];
    private readonly Dataset _data;

    /// <summary>Measures what depends on the network alone.</summary>
    /// <param name="hidden">Features of the hidden layers.</param>
    /// <param name="data">MNIST.</param>
    /// <param name="hop">Microseconds of a message between actors.</param>
    public MeasuredCosts(int[] hidden, Dataset data, double hop)
    {
        (_data, Hop, Network) = (data, hop, Sequential.Mlp([784, .. hidden, 10]));
        var bytes = Network.Layout.Count * sizeof(float);
        Update = ComputeCosts.Update(Network, 1, 2, 4, 8, 16);
        CoresTogether = ComputeCosts.CoresTogether(Network, data, leafRows: 16, leaves: 2);
        Plain = LinkCosts.Measure(Math.Min(bytes, 1 << 22), isSecured: false);
        Secured = LinkCosts.Measure(Math.Min(bytes, 1 << 22), isSecured: true);
    }

    /// <summary>The network.</summary>
    public Sequential Network { get; }

    /// <summary>See <see cref="Costs.Hop"/>.</summary>
    public double Hop { get; }

    /// <summary>See <see cref="Costs.Update"/>.</summary>
    public CostCurve Update { get; }

    /// <summary>See <see cref="Costs.CoresTogether"/>.</summary>
    public double CoresTogether { get; }

    /// <summary>Of loopback.</summary>
    public LinkCosts Plain { get; }

    /// <summary>Of loopback with TLS, which a cluster of several machines must have.</summary>
    public LinkCosts Secured { get; }

    /// <summary>A gradient's, where microbatches have so many rows.</summary>
    public CostCurve GradientOf(int leafRows)
    {
        if (!_gradients.TryGetValue(leafRows, out var curve))
            _gradients[leafRows] = curve = ComputeCosts.Gradient(Network, _data, leafRows, MostRows);
        return curve;
    }

    /// <summary>All processes on this machine.</summary>
    public Costs OnThisMachine(int leafRows, (CostCurve Answer, CostCurve Plan) server) =>
        Of(leafRows, server, Plain, Plain.Latency, double.MaxValue);

    /// <summary>Each process on a machine as this one, with TLS between them.</summary>
    public Costs OnMachines(int leafRows, (CostCurve Answer, CostCurve Plan) server, double gigabits) =>
        Of(leafRows, server, Secured, Secured.Latency + NetworkLatency, gigabits * Gigabit);

    private Costs Of(
        int leafRows, (CostCurve Answer, CostCurve Plan) server, LinkCosts link, double latency, double bandwidth) =>
        new()
        {
            Gradient = GradientOf(leafRows),
            Update = Update,
            Answer = server.Answer,
            Plan = server.Plan,
            Hop = Hop,
            Queue = link.Queue,
            Send = link.Send,
            Receive = link.Receive,
            Latency = latency,
            Wake = link.Wake,
            Spin = Spin,
            Bandwidth = bandwidth,
            Cores = Environment.ProcessorCount,
            CoresTogether = CoresTogether,
        };
}
