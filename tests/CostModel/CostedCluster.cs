namespace ActorTrain.CostModel;

/// <summary>Where processes run.</summary>
/// <param name="Workers">Worker nodes.</param>
/// <param name="ShardsOfWorker">Shards of each.</param>
/// <param name="IsOneMachine">True: all of them and the server share one; false: each has its own.</param>
internal sealed record Deployment(int Workers, int ShardsOfWorker, bool IsOneMachine)
{
    private const double GoldenRatio = 0.618033988749895;

    /// <summary>
    /// By how much of its work a node's gradient may take longer or shorter than another's; 0: all alike.
    /// </summary>
    public double Spread { get; init; }

    /// <summary>What a gradient of a node costs, as a multiple of the usual.</summary>
    public double SlownessOf(int node) => 1 + (Spread * ((2 * ((node * GoldenRatio) % 1)) - 1));
}

/// <summary>What a simulated run was like.</summary>
/// <param name="StepMicroseconds">The median step of those that count.</param>
/// <param name="Computing">Share of the time of these steps in which the first worker's shards computed.</param>
/// <param name="Sending">What left the server's machine, as a share of what its network can send meanwhile.</param>
/// <param name="Receiving">The same of what came to it.</param>
/// <param name="Serving">Share in which the server's actor had something to do.</param>
/// <param name="Cores">Share of the cores of the server's machine that was used.</param>
/// <param name="Gradients">Gradients that the server asks for in a step.</param>
/// <param name="Late">How often work was handed out again because it was late.</param>
/// <param name="Training">The run after its last step.</param>
/// <param name="Orders">Which unit was given which order.</param>
internal sealed record Prediction(
    double StepMicroseconds, double Computing, double Sending, double Receiving, double Serving, double Cores,
    double Gradients, int Late, TrainingState Training, IReadOnlyList<(ShardId Unit, WorkKey Key)> Orders);

/// <summary>
/// A cluster in virtual time that follows from costs: the real transitions of the server and of every worker decide,
/// and each of their effects takes the work, the bytes and the wait that it costs.
/// </summary>
internal static class CostedCluster
{
    // By then the server knows how fast everybody is, and divides the work so.
    private const int StepsThatDoNotCount = 3;

    /// <summary>Runs all steps of a plan, but not the evaluation after them.</summary>
    /// <param name="workload">What is trained.</param>
    /// <param name="costs">What it costs.</param>
    /// <param name="deployment">Where.</param>
    /// <param name="newComputation">
    /// Makes a shard's computation; none: answers are zeros, in no time of the real one.
    /// </param>
    public static Prediction Run(
        Workload workload, Costs costs, Deployment deployment,
        Func<Func<WorkOrder, WorkAnswer>>? newComputation = null)
    {
        var time = new VirtualTime();
        var home = new Machine(time, costs);
        var server = new CostedServer(time, costs, workload, home, deployment.Workers);
        var nodes = new CostedWorker[deployment.Workers];
        newComputation ??= () => order => Zero(workload.Plan, order.Key);
        for (var i = 0; i < nodes.Length; i++)
        {
            var machine = deployment.IsOneMachine ? home : new Machine(time, costs);
            var id = new ShardId($"node {i}", Incarnation: 0);
            nodes[i] = new(time, costs, workload, machine, deployment.ShardsOfWorker, newComputation)
            {
                Slowness = deployment.SlownessOf(i),
                ToServer = new(time, costs, machine, home),
                Answered = answer => server.TakeAnswer(id, answer),
            };
            server.Join(id, deployment.ShardsOfWorker, new(time, costs, home, machine), nodes[i]);
        }
        server.StartTicking();
        Share sending = new(costs.Bandwidth), receiving = new(costs.Bandwidth), cores = new(costs.CoresTogether);
        Share serving = new(1), computing = new(1);
        var last = (int)workload.Plan.TotalSteps;
        var first = Math.Min(StepsThatDoNotCount, last - 1);
        time.Run(() => server.StepsDone.Count == first);
        Mark();
        var begin = time.Now;
        time.Run(() => server.StepsDone.Count == last);
        Mark();
        double[] ends = [begin, .. server.StepsDone.Skip(first)];
        double[] steps = [.. ends.Zip(ends.Skip(1), (from, to) => to - from).Order()];
        var duration = time.Now - begin;
        var gradients = server.Orders.Count(o => o.Key.Kind == WorkKind.Gradient && o.Key.Step >= first);
        return new(
            steps[steps.Length / 2], computing.Of(duration), sending.Of(duration), receiving.Of(duration),
            serving.Of(duration), cores.Of(duration), gradients / (double)steps.Length, server.Late, server.Training,
            server.Orders);

        void Mark()
        {
            computing.Mark(nodes[0].Computing);
            sending.Mark(home.Out.Done);
            receiving.Mark(home.In.Done);
            cores.Mark(home.Cores.Done);
            serving.Mark(server.Actor.Busy);
        }
    }

    /// <summary>The answer to a gradient order of a stand-in: zeros.</summary>
    public static GradientAnswer Zero(TrainingPlan plan, WorkKey key)
    {
        var layout = plan.Recipe.Model.Layout;
        var rows = plan.TreeOf(plan.PositionOf(key.Step).Step).RowsOf(key.Node).Count;
        return new(key, new(new(layout, FlatVector.From(new float[layout.Count])), 0, 0, rows));
    }

    // What was done from the last mark but one to the last, of what could have been.
    private sealed class Share(double ofMicrosecond)
    {
        private double _from;
        private double _to;

        public void Mark(double done) => (_from, _to) = (_to, done);

        public double Of(double duration) => (_to - _from) / (duration * ofMicrosecond);
    }
}
