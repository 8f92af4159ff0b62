using ActorTrain.Core.Tests.Support;
using ActorTrain.Kernels;
using ActorTrain.Server;

namespace ActorTrain.Core.Tests.Training;

public class StepAllocationTests
{
    // An answer's two records, or a step's records and short arrays: nothing that grows with the model or the rows.
    private const int AnswerBytes = 128;
    private const int StepBytes = 512;

    private static readonly TrainingPlan Plan = new(Tiny.Recipe, Tiny.Data.Description);

    [Fact]
    public void A_steady_gradient_allocates_no_more_than_its_answer()
    {
        var computation = new ShardComputation(Plan, Tiny.Data, new ManagedMatMul());
        var state = TrainingState.Initial(Tiny.Recipe);
        var version = 0L;
        WorkAnswer? answer = null;
        Assert.InRange(
            LeastAllocated(
                () => new GradientOrder(Key(version++), state.Parameters),
                order => answer = computation.Answer(order)),
            0, AnswerBytes);
        Assert.NotNull(answer);
    }

    [Fact]
    public void The_end_of_a_steady_step_allocates_a_few_small_records()
    {
        var computation = new ShardComputation(Plan, Tiny.Data, new ManagedMatMul());
        var pool = new VectorPool();
        var state = TrainingState.Initial(Tiny.Recipe);
        Assert.InRange(
            LeastAllocated(
                () => (GradientAnswer)computation.Answer(new GradientOrder(Key(state.Version), state.Parameters)),
                answer =>
                {
                    var end = StepEnd.Of(Plan, state, [answer], pool);
                    end.Update.Apply();
                    var next = end.Apply(Plan, state) with { Position = state.Position };
                    state.ReturnTo(pool);
                    state = next;
                }),
            0, StepBytes);
    }

    private static WorkKey Key(long version) =>
        new(Incarnation: 0, version, Step: 0, WorkKind.Gradient, Plan.TreeOf(0).Root);

    // The least of some: the runtime may allocate for itself while it compiles.
    private static long LeastAllocated<T>(Func<T> prepare, Action<T> act)
    {
        var least = long.MaxValue;
        for (var round = 0; round < 20; round++)
        {
            var input = prepare();
            var before = GC.GetAllocatedBytesForCurrentThread();
            act(input);
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }
        return least;
    }
}
