using System.Runtime.CompilerServices;

namespace ActorTrain.Core.Tests.Tensors;

public class ArenaTests
{
    [Fact]
    public void After_a_reset_the_same_memory_is_handed_out_in_the_same_order()
    {
        var arena = new Arena();
        var (first, second) = (arena.Take([2, 3]), arena.Take([4]));
        Assert.False(Unsafe.AreSame(in first.Span[0], in second.Span[0]));
        arena.Reset();
        Assert.Same(first, arena.Take([2, 3]));
        Assert.Same(second, arena.Take([4]));
    }

    [Fact]
    public void A_smaller_shape_reuses_the_memory_and_a_larger_one_does_not()
    {
        var arena = new Arena();
        var buffer = arena.Take([6]);
        arena.Reset();
        var smaller = arena.Take([2, 2]);
        Assert.Equal((4, "[2, 2]"), (smaller.Span.Length, smaller.Freeze().Shape.ToString()));
        Assert.True(Unsafe.AreSame(in buffer.Span[0], in smaller.Span[0]));
        arena.Reset();
        Assert.Equal(7, arena.Take([7]).Span.Length);
    }

    [Fact]
    public void What_was_written_is_what_the_frozen_tensor_reads()
    {
        var buffer = new Arena().Take([2]);
        buffer.Span[1] = 5;
        Assert.Equal(5, buffer.Freeze()[1]);
    }

    [Fact]
    public void Steps_of_one_shape_allocate_nothing()
    {
        var arena = new Arena();
        // Made once: a shape of constants costs a debug build an allocation of its own.
        Shape input = [16, 4], output = [16, 3];
        Step(arena, input, output);
        Step(arena, input, output);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 100; i++) Step(arena, input, output);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);

        static void Step(Arena arena, Shape input, Shape output)
        {
            arena.Reset();
            arena.Take(input).Span.Clear();
            arena.Take(output).Freeze();
        }
    }
}
