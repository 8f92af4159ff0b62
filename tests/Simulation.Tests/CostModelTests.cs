using ActorTrain.Core.Tests.Support;
using ActorTrain.CostModel;
using ActorTrain.Kernels;

namespace ActorTrain.Simulation.Tests;

/// <summary>
/// The cost model against times that can be added up by hand, and its runs against those that know no time.
/// </summary>
public class CostModelTests
{
    // Ten parameters, 40 bytes: one piece, and 400 µs on this network.
    private static readonly Sequential Small = Sequential.Mlp(4, 2);

    private static readonly Costs Numbers = new()
    {
        Gradient = new((0, 100), (1, 110)),
        Update = new((1, 40), (2, 60)),
        Answer = new((0, 7)),
        Plan = new((0, 20)),
        Hop = 3,
        Queue = 2,
        Send = new(5, 0.25),
        Receive = new(4, 0.5),
        Latency = 30,
        Bandwidth = 0.1,
        Cores = 2,
        CoresTogether = 2,
    };

    [Fact]
    public void A_step_of_one_node_is_the_sum_of_its_parts()
    {
        // The answer's hop, the plan, the update of one gradient.
        const double serving = 3 + 20 + 40;
        // The server's actor writes the parameters, they cross; the order goes behind them.
        const double down = 5 + (0.25 * 40) + 400 + 5 + 30;
        // Hops to the node, from the shard, and to the node; 8 rows.
        const double computing = 3 + 180 + 3 + 3;
        const double up = 5 + (0.25 * 40) + 400 + 30;
        Assert.Equal(serving + down + computing + up, Step(1, Numbers), 6);
    }

    [Fact]
    public void Two_nodes_share_the_servers_network_and_halve_the_rows()
    {
        // The second node's parameters begin when the first one's order is queued: both share the network from then on,
        // and the last byte leaves when all 80 have.
        const double down = 800 + 5 + 30;
        const double computing = 3 + 140 + 3 + 3;
        // As on the way down: the first node is ahead by the time it took to write the second one's parameters.
        const double up = 15 + 783 + 30;
        const double serving = 3 + 20 + 60 + 15;
        Assert.Equal(down + computing + up + serving, Step(2, Numbers), 6);
    }

    [Fact]
    public void On_one_machine_processes_share_the_cores_and_no_network()
    {
        var oneCore = Numbers with { Cores = 1, CoresTogether = 1, Hop = 0, Queue = 0, Answer = new((0, 0)) };
        oneCore = oneCore with { Send = default, Receive = default, Plan = new((0, 0)) };
        // The rows of both are computed one after the other, or side by side at half the speed.
        const double expected = 60 + 30 + 140 + 140 + 30;
        Assert.Equal(expected, Step(2, oneCore, isOneMachine: true), 6);
        Assert.Equal(expected - 140, Step(2, oneCore with { Cores = 2, CoresTogether = 2 }, isOneMachine: true), 6);
    }

    [Fact]
    public void Who_waits_for_a_core_has_it_when_another_has_had_its_slice()
    {
        var (time, ends) = (new VirtualTime(), new Dictionary<string, double>());
        var cores = new RunQueue(time, cores: 1, _ => 1);
        cores.Use(5000, () => ends["long"] = time.Now);
        cores.Use(100, () => ends["short"] = time.Now);
        time.Run(() => ends.Count == 2);
        Assert.Equal(3100, ends["short"], 6);
        Assert.Equal(5100, ends["long"], 6);
    }

    [Fact]
    public void A_thread_that_slept_long_takes_time_to_wake()
    {
        // The server's actor; the worker's, its shard, and the actor again, since the shard's waking makes it 200 µs;
        // who receives wakes while the frame is under way.
        Assert.Equal(Step(1, Numbers) + (4 * 50), Step(1, Numbers with { Wake = 50 }), 6);
    }

    [Fact]
    public void Who_slept_for_up_to_200_microseconds_is_awake_at_once()
    {
        var (time, begins) = (new VirtualTime(), new List<double>());
        var lane = new Lane(time, Numbers with { Wake = 50 });
        foreach (var moment in new[] { 0, 260, 461 })
            time.After(moment, () => lane.Add(done =>
            {
                begins.Add(time.Now);
                done();
            }));
        time.Run(() => begins.Count == 3);
        Assert.Equal([50, 310, 461], begins);
    }

    [Fact]
    public void A_share_is_even_at_every_moment()
    {
        var (time, ends) = (new VirtualTime(), new Dictionary<string, double>());
        var share = new FairShare(time, users => 1.0 / users);
        share.Use(100, () => ends["long"] = time.Now);
        time.After(20, () => share.Use(50, () => ends["short"] = time.Now));
        time.Run(() => ends.Count == 2);
        Assert.Equal(120, ends["short"], 9);
        Assert.Equal(150, ends["long"], 9);
        Assert.Equal(150, share.Done, 9);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(8)]
    [InlineData(64)]
    public void More_bandwidth_is_never_slower(int workers)
    {
        double[] bandwidths = [0.05, 0.1, 0.5, 2, 100];
        double[] steps = [.. bandwidths.Select(b => Step(workers, Numbers with { Bandwidth = b }))];
        // Where many threads wait for the server's cores, another order of arrivals may cost a little: the anomaly of
        // list scheduling, Graham 1969.
        if (workers < 64) Assert.Equal(steps.OrderDescending(), steps);
        else Assert.All(steps.Zip(steps.Skip(1)), pair => Assert.True(pair.Second <= 1.001 * pair.First));
        Assert.True(steps[^1] < steps[0]);
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 1)]
    [InlineData(3, 2)]
    public void A_costed_run_has_the_trainers_weights(int workers, int shards)
    {
        var (recipe, data) = (Tiny.Recipe with { MaxSteps = 4 }, Tiny.Data);
        var trained = Trainer.Train(recipe, data, cancellation: TestContext.Current.CancellationToken);
        foreach (var costs in new[] { Numbers, Numbers with { Bandwidth = 50, Cores = 1, CoresTogether = 1 } })
        {
            var plan = new TrainingPlan(recipe, data.Description);
            var run = CostedCluster.Run(new(recipe.Model, plan), costs, new(workers, shards, false), Computation(plan));
            Assert.Equal(trained.State.Parameters.Sha256(), run.Training.Parameters.Sha256());
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(4)]
    public void Costs_change_no_transition(int workers)
    {
        var plan = new TrainingPlan(Tiny.Recipe with { MaxSteps = 4 }, Tiny.Data.Description);
        var costed = CostedCluster.Run(new(Small, plan), Numbers, new(workers, 1, IsOneMachine: false));
        Assert.Equal(OrdersWithoutTime(plan, workers), costed.Orders);
    }

    [Fact]
    public void A_large_gradient_is_sent_while_the_rest_of_it_is_computed()
    {
        // Bytes cost nothing but the way through the network, and computing is all that counts besides.
        var large = Sequential.Mlp(784, 1024, 1024, 10);
        var costs = Numbers with { Gradient = new((0, 40_000)), Bandwidth = 400, Send = default, Receive = default };
        var whole = 4.0 * large.Layout.Count / 400;
        var step = Step(1, costs, network: large);
        Assert.InRange(step, 40_000 + (whole / 2), 40_000 + (2 * whole) - (whole / 4));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(8)]
    [InlineData(64)]
    public void The_sum_of_terms_is_close_to_the_simulation(int workers)
    {
        var form = new ClosedForm(WorkloadOf(workers, Small), Numbers, workers, ShardsOfWorker: 1);
        Assert.InRange(form.Star() / Step(workers, Numbers), 0.9, 1.1);
    }

    [Fact]
    public void Nodes_in_between_and_several_servers_divide_the_transfer()
    {
        var form = new ClosedForm(WorkloadOf(64, Small), Numbers, Workers: 64, ShardsOfWorker: 1);
        // Two levels of eight: a quarter of the bytes, two joins of eight and two waits more.
        const double serving = 20 + 180;
        const double computing = 140 + 12;
        Assert.Equal(serving + 140 + (4 * ((8 * 400) + 30)) + computing, form.Tree(fanOut: 8, servers: 1), 6);
        // A fourth of each vector, of the update and of its joins.
        Assert.Equal(20 + (60 + (62 * 20)) / 4.0 + (2 * ((64 * 100) + 30)) + computing, form.Tree(64, servers: 4), 6);
    }

    private static double Step(int workers, Costs costs, bool isOneMachine = false, Sequential? network = null) =>
        CostedCluster.Run(
            WorkloadOf(workers, network ?? Small), costs, new(workers, ShardsOfWorker: 1, isOneMachine))
            .StepMicroseconds;

    // Four rows for each of several nodes, eight for one.
    private static Workload WorkloadOf(int workers, Sequential network) =>
        Workload.StandIn(network, minibatch: 4 * Math.Max(2, workers), Math.Max(4, workers), steps: 8);

    private static Func<Func<WorkOrder, WorkAnswer>> Computation(TrainingPlan plan) => () =>
    {
        var computation = new ShardComputation(plan, Tiny.Data, new ManagedMatMul());
        return order => computation.Answer(order);
    };

    // The same transitions, each event taken at once, in the order in which they come about.
    private static List<(ShardId Unit, WorkKey Key)> OrdersWithoutTime(TrainingPlan plan, int workers)
    {
        var state = ServerState.Initial(plan, TrainingState.Initial(plan.Recipe), incarnation: 1, workers);
        var (pool, orders, events, compute) = (
            new VectorPool(), new List<(ShardId, WorkKey)>(), new Queue<ServerEvent>(), Computation(plan)());
        for (var i = 0; i < workers; i++) events.Enqueue(new ShardJoined(new($"node {i}", 0), IsRemote: true));
        while (state.StepsDone < plan.TotalSteps)
        {
            (state, var effects) = ParameterServer.Step(state, events.Dequeue(), TimeSpan.Zero, pool);
            foreach (var update in effects.OfType<ApplyUpdate>()) update.Update.Apply();
            foreach (var sent in effects.OfType<SendWork>())
            {
                orders.Add((sent.Shard, sent.Order.Key));
                if (sent.Order is GradientOrder) events.Enqueue(new WorkAnswered(sent.Shard, compute(sent.Order)));
            }
        }
        return orders;
    }
}
