namespace ActorTrain.CostModel;

/// <summary>Where processes run.</summary>
/// <param name="Workers">Worker nodes.</param>
/// <param name="ShardsOfWorker">Shards of each.</param>
/// <param name="IsOneMachine">True: all of them and the server share one; false: each has its own.</param>
internal sealed record Deployment(int Workers, int ShardsOfWorker, bool IsOneMachine);

/// <summary>What a simulated run was like.</summary>
/// <param name="StepMicroseconds">The median step of those that count.</param>
/// <param name="Computing">Share of the time of these steps in which the first worker's shards computed.</param>
/// <param name="Sending">… in which bytes left the server's machine.</param>
/// <param name="Receiving">… in which bytes came to it.</param>
/// <param name="Serving">… in which the server's actor had something to do.</param>
/// <param name="Late">How often work was handed out again because it was late.</param>
/// <param name="Training">The run after its last step.</param>
/// <param name="Orders">Which unit was given which order.</param>
internal sealed record Prediction(
    double StepMicroseconds, double Computing, double Sending, double Receiving, double Serving, int Late,
    TrainingState Training, IReadOnlyList<(ShardId Unit, WorkKey Key)> Orders);

/// <summary>
/// A cluster in virtual time that follows from costs: the real transitions of the server and of every worker decide, and
/// each of their effects takes the work, the bytes and the wait that it costs.
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
        newComputation ??= Zeros(workload.Plan);
        for (var i = 0; i < nodes.Length; i++)
        {
            var machine = deployment.IsOneMachine ? home : new Machine(time, costs);
            var id = new ShardId($"node {i}", Incarnation: 0);
            nodes[i] = new(time, costs, workload, machine, deployment.ShardsOfWorker, newComputation)
            {
                ToServer = new(time, costs, machine, home),
                Answered = answer => server.TakeAnswer(id, answer),
            };
            server.Join(id, deployment.ShardsOfWorker, new(time, costs, home, machine), nodes[i]);
        }
        server.StartTicking();
        var (sending, receiving, serving, computing) = (new Share(), new Share(), new Share(), new Share());
        var (first, last) = ((int)Math.Min(StepsThatDoNotCount, workload.Plan.TotalSteps - 1), workload.Plan.TotalSteps);
        time.Run(() => server.StepsDone.Count == first);
        Mark();
        var begin = time.Now;
        time.Run(() => server.StepsDone.Count == last);
        Mark();
        double[] ends = [begin, .. server.StepsDone.Skip(first)];
        double[] steps = [.. ends.Zip(ends.Skip(1), (from, to) => to - from).Order()];
        var duration = time.Now - begin;
        return new(
            steps[steps.Length / 2], computing.Of(duration), sending.Of(duration), receiving.Of(duration),
            serving.Of(duration), server.Late, server.Training, server.Orders);

        void Mark()
        {
            computing.Mark(nodes[0].Computing);
            sending.Mark(home.Out.Busy);
            receiving.Mark(home.In.Busy);
            serving.Mark(server.Actor.Busy);
        }
    }

    private static Func<Func<WorkOrder, WorkAnswer>> Zeros(TrainingPlan plan)
    {
        var layout = plan.Recipe.Model.Layout;
        var zeros = new Parameters(layout, FlatVector.From(new float[layout.Count]));
        return () => order => new GradientAnswer(
            order.Key,
            new(zeros, 0, 0, plan.TreeOf(plan.PositionOf(order.Key.Step).Step).RowsOf(order.Key.Node).Count));
    }

    // From its last mark but one to its last.
    private sealed class Share
    {
        private double _from;
        private double _to;

        public void Mark(double busy) => (_from, _to) = (_to, busy);

        public double Of(double duration) => (_to - _from) / duration;
    }
}
