using ActorTrain.Core.Tests.Support;
using ActorTrain.Kernels;
using ActorTrain.Server;
using PropertyAttribute = FsCheck.Xunit.PropertyAttribute;

namespace ActorTrain.Core.Tests.Training.Joint;

public class JointRunTests
{
    private static readonly Recipe Recipe = Tiny.Recipe with
    {
        Model = Sequential.Mlp(4, 40, 500, 60, 2),
        Epochs = 1,
        BatchSize = 12,
        Microbatches = 3,
    };

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(5)]
    public void Ranks_together_end_with_the_bits_of_whole_gradients(int ranks)
    {
        // Layers of which ranks have columns, a small one before them that each has whole, small ones behind them of
        // which each has rows; the last minibatch has 4 rows.
        AssertSameBits(Recipe, ranks);
        AssertSameBits(Recipe with { Optimizer = new Adam(0.01f), Averaging = new(0.9f) }, ranks);
        AssertSameBits(Recipe with { Loss = new CrossEntropyLoss(LabelSmoothing: 0.1f), Model = Logits }, ranks);
        AssertSameBits(Recipe with { Augmentation = new([new RandomAffine(20, 0.1f)]) }, ranks);
        AssertSameBits(Recipe with { Model = Sequential.Mlp(4, 5000, 20, 2) }, ranks);
        AssertSameBits(Recipe with { Model = Sequential.Mlp(4, 5000, 3, 40, 2) }, ranks);
        AssertSameBits(Recipe with { Model = Sequential.Mlp(4, 2) }, ranks);
    }

    [Property(MaxTest = 20)]
    public void Any_layers_have_the_bits_of_whole_gradients(int seed)
    {
        var random = new Random(seed);
        int[] sizes = [4, .. Enumerable.Range(0, random.Next(1, 4)).Select(_ => random.Next(1, 300)), 2];
        AssertSameBits(
            Recipe with { Model = Sequential.Mlp(sizes), BatchSize = random.Next(1, 41), Microbatches = 5 },
            ranks: random.Next(1, 4));
    }

    [Theory]
    [InlineData(1, 2, 1)]
    [InlineData(2, 1, 1)]
    [InlineData(3, 1, 0)]
    public void Runs_of_any_length_one_after_another_are_one_run(int first, int second, int third)
    {
        var plan = new TrainingPlan(Recipe, Tiny.Data.Description);
        var state = TrainingState.Initial(Recipe);
        foreach (var steps in new[] { first, second, third }.Where(n => n > 0))
            state = Run(plan, state, steps, ranks: 2);
        Assert.Equal(Whole(plan).Parameters.Sha256(), state.Parameters.Sha256());
        Assert.Equal(new(1, 0), state.Position);
    }

    [Fact]
    public void What_it_cannot_do_is_left_to_ordinary_steps()
    {
        Assert.NotNull(JointMemory.For(Plan(Recipe), 2));
        Assert.Null(JointMemory.For(Plan(Recipe), 0));
        Assert.Null(JointMemory.For(Plan(Recipe with { Clipping = new ClipByNorm(1) }), 2));
        Assert.Null(JointMemory.For(Plan(Recipe with { Kernel = "mkl" }), 2));
        Assert.Null(JointMemory.For(Plan(Recipe with { Frozen = new("fc1*") }), 2));
        Assert.Null(JointMemory.For(
            Plan(Recipe with
            {
                Model = new(("fc1", new Linear(4, 3)), ("tanh", new Tanh()), ("fc2", new Linear(3, 2))),
            }),
            2));

        static TrainingPlan Plan(Recipe recipe) => new(recipe, Tiny.Data.Description);
    }

    [Fact]
    public async Task A_rank_that_cannot_come_lets_the_others_go()
    {
        var plan = new TrainingPlan(Recipe, Tiny.Data.Description);
        var memory = JointMemory.For(plan, ranks: 2)!;
        var run = new JointRun(plan, TrainingState.Initial(Recipe), steps: 2, memory, new());
        var waits = Task.Run(
            () => Computation(plan).Answer(Order(run, rank: 0)), TestContext.Current.CancellationToken);
        memory.Break();
        await Assert.ThrowsAsync<OperationCanceledException>(() => waits);
    }

    [Fact]
    public void A_step_of_a_run_allocates_nothing()
    {
        var plan = new TrainingPlan(Recipe with { BatchSize = 2 }, Tiny.Data.Description);
        var computation = Computation(plan);
        var (memory, pool, state) = (JointMemory.For(plan, ranks: 1)!, new VectorPool(), TrainingState.Initial(Recipe));
        Allocated(15);
        Assert.Equal(Enumerable.Range(0, 9).Min(_ => Allocated(5)), Enumerable.Range(0, 9).Min(_ => Allocated(15)));

        long Allocated(int steps)
        {
            var order = Order(new(plan, state, steps, memory, pool), rank: 0);
            var before = GC.GetAllocatedBytesForCurrentThread();
            computation.Answer(order);
            return GC.GetAllocatedBytesForCurrentThread() - before;
        }
    }

    private static Sequential Logits => new(
        ("fc1", new Linear(4, 400, Bias: false)), ("relu1", new ReLU()), ("fc2", new Linear(400, 50)),
        ("relu2", new ReLU()), ("fc3", new Linear(50, 2)));

    private static void AssertSameBits(Recipe recipe, int ranks)
    {
        var plan = new TrainingPlan(recipe, Tiny.Data.Description);
        var expected = Whole(plan);
        var state = Run(plan, TrainingState.Initial(recipe), plan.StepsPerEpoch, ranks);
        Assert.Equal(expected.Parameters.Sha256(), state.Parameters.Sha256());
        Assert.Equal(
            expected.Optimizer.Moments.Select(m => m.Sha256()), state.Optimizer.Moments.Select(m => m.Sha256()));
        Assert.Equal(
            (expected.Position, expected.Totals, expected.Version), (state.Position, state.Totals, state.Version));
    }

    // One epoch of ordinary steps: a gradient, then an update.
    private static TrainingState Whole(TrainingPlan plan)
    {
        var computation = Computation(plan);
        var state = TrainingState.Initial(plan.Recipe);
        while (state.Position.Epoch == 0)
        {
            var key = new WorkKey(
                1, state.Version, state.Version, WorkKind.Gradient, plan.TreeOf(state.Position.Step).Root);
            var answer = (GradientAnswer)computation.Answer(new GradientOrder(key, state.Parameters));
            var end = StepEnd.Of(plan, state, [answer], new());
            end.Update.Apply();
            state = end.Apply(plan, state);
        }
        return state;
    }

    private static TrainingState Run(TrainingPlan plan, TrainingState state, int steps, int ranks)
    {
        if (JointMemory.For(plan, ranks) is not { } memory)
        {
            Assert.Fail($"{plan.Recipe.Model} has no joint step.");
            return state;
        }
        var run = new JointRun(plan, state, steps, memory, new());
        var ends = new JointEnd[ranks];
        var threads = Enumerable.Range(0, ranks).Select(rank => new Thread(
            () => ends[rank] = ((JointAnswer)Computation(plan).Answer(Order(run, rank))).End)).ToList();
        threads.ForEach(t => t.Start());
        threads.ForEach(t => t.Join());
        Assert.All(ends, end => Assert.Equal(ends[0], end));
        return run.Apply(plan, ends[0]);
    }

    private static JointOrder Order(JointRun run, int rank) =>
        new(new(1, run.FirstStep, run.FirstStep, WorkKind.Joint, new(0, rank)), run);

    private static ShardComputation Computation(TrainingPlan plan) => new(plan, Tiny.Data, new ManagedMatMul());
}
