using ActorTrain.Kernels;
using PropertyAttribute = FsCheck.Xunit.PropertyAttribute;

namespace ActorTrain.Core.Tests.Kernels;

public class ManagedMatMulTests
{
    private static readonly IMatMul Truth = new ScalarMatMul();

    [Property(MaxTest = 150)]
    public void Every_width_gives_the_bits_of_the_scalar_loops(int seed)
    {
        var random = new Random(seed);
        int rows = random.Next(1, 71), inputs = random.Next(0, 71), outputs = random.Next(1, 71),
            padding = random.Next(0, 3) * 3;
        AssertAllWidths(rows, inputs, outputs, padding, seed);
    }

    [Property(MaxTest = 100)]
    public void One_row_gives_the_bits_of_the_scalar_loops(int seed)
    {
        var random = new Random(seed);
        AssertAllWidths(rows: 1, random.Next(0, 71), random.Next(0, 71), padding: random.Next(0, 3) * 3, seed);
    }

    // Of rows at a stride of 512 floats each eight are 64 columns behind those before them; 4 or 16 make a step.
    [Theory, InlineData(512), InlineData(509), InlineData(65), InlineData(64), InlineData(3)]
    public void One_row_and_weights_at_a_stride_that_shares_cache_sets_give_the_bits_of_the_scalar_loops(int outputs) =>
        AssertAllWidths(rows: 1, inputs: 75, outputs, padding: 512 - outputs, seed: 7);

    // KC is 256 or 96, MC 192, NC 1024; 6, 4 and 3 are tile rows, 48 a block of them; 16, 32 and 64 are panels.
    [Theory]
    [InlineData(1, 784, 128)]
    [InlineData(16, 784, 128)]
    [InlineData(32, 784, 128)]
    [InlineData(64, 128, 64)]
    [InlineData(64, 64, 10)]
    [InlineData(33, 257, 129)]
    [InlineData(7, 1, 1)]
    [InlineData(65, 300, 17)]
    [InlineData(16, 1024, 256)]
    [InlineData(1024, 20, 10)]
    [InlineData(3, 0, 5)]
    [InlineData(1, 1024, 512)]
    [InlineData(1, 61, 45)]
    [InlineData(1, 3, 7)]
    [InlineData(1, 10, 0)]
    [InlineData(64, 512, 256)]
    [InlineData(197, 270, 70)]
    [InlineData(193, 5, 1030)]
    [InlineData(385, 900, 300)]
    [InlineData(193, 520, 1030)]
    [InlineData(193, 4200, 20)]
    [InlineData(193, 300, 1030)]
    [InlineData(64, 300, 1030)]
    [InlineData(130, 260, 1024)]
    public void The_shapes_of_training_give_the_bits_of_the_scalar_loops(int rows, int inputs, int outputs) =>
        AssertAllWidths(rows, inputs, outputs, padding: 0, seed: 7);

    // Longer than KC, with and without a sibling, and beside short and empty ones.
    [Theory]
    [InlineData(300)]
    [InlineData(300, 7)]
    [InlineData(7, 530, 5)]
    [InlineData(16, 16, 257, 1, 0, 300)]
    [InlineData(100, 100, 100, 100, 100)]
    public void Long_leaves_give_the_bits_of_the_scalar_loops(params int[] leaves) =>
        AssertAllWidths(leaves.Sum(), inputs: 50, outputs: 67, padding: 3, seed: 7, leaves);

    // One long leaf with more columns than MC is summed as a product with a transposed copy; of thousands of rows, more
    // columns are packed at once.
    [Theory]
    [InlineData(193, 511)]
    [InlineData(193, 513)]
    [InlineData(193, 2049)]
    [InlineData(121, 2040, 9)]
    public void Many_rows_give_the_bits_of_the_scalar_loops(int inputs, params int[] leaves) =>
        AssertAllWidths(leaves.Sum(), inputs, outputs: 515, padding: 3, seed: 7, leaves);

    [Property(MaxTest = 50)]
    public void A_row_has_the_same_bits_whatever_rows_are_beside_it(int seed)
    {
        var random = new Random(seed);
        int rows = random.Next(2, 70), inputs = random.Next(1, 200), outputs = random.Next(1, 100),
            row = random.Next(rows);
        float[] x = Values(random, rows * inputs), w = Values(random, inputs * outputs),
            all = new float[rows * outputs], one = new float[outputs];
        var kernel = new ManagedMatMul();
        kernel.Multiply(new(x, rows, inputs), new(w, inputs, outputs), [], new(all, rows, outputs), [rows]);
        kernel.Multiply(new(x.AsSpan(row * inputs, inputs), 1, inputs), new(w, inputs, outputs), [],
            new(one, 1, outputs), [1]);
        Assert.Equal<float>(one, all.AsSpan(row * outputs, outputs).ToArray());

        kernel.MultiplyTransposed(new(x, rows, inputs), new(w, outputs, inputs), new(all, rows, outputs), [rows]);
        kernel.MultiplyTransposed(new(x.AsSpan(row * inputs, inputs), 1, inputs), new(w, outputs, inputs),
            new(one, 1, outputs), [1]);
        Assert.Equal<float>(one, all.AsSpan(row * outputs, outputs).ToArray());
    }

    [Fact]
    public void Leaves_are_summed_apart_and_joined_in_the_order_of_the_tree()
    {
        // Five leaves of one row: ((0+1)+(2+3))+4. In float32, 1e8 + 1 is 1e8, so the order shows.
        float[] a = [1, 1, 1, 1, 1], b = [1e8f, 1, -1e8f, 3, 5], c = [0];
        new ManagedMatMul().TransposedMultiply(new(a, 5, 1), new(b, 5, 1), new(c, 1, 1), [1, 1, 1, 1, 1]);
        Assert.Equal((1e8f + 1f) + (-1e8f + 3f) + 5f, c[0]);
        new ManagedMatMul().TransposedMultiply(new(a, 5, 1), new(b, 5, 1), new(c, 1, 1), [5]);
        Assert.Equal(8f, c[0]);
    }

    [Property(MaxTest = 50)]
    public void Whole_aligned_subtrees_may_be_summed_by_somebody_else(int seed)
    {
        var random = new Random(seed);
        int rows = 8 * random.Next(1, 5), inputs = random.Next(1, 80), outputs = random.Next(1, 80), leaf = rows / 4;
        float[] x = Values(random, rows * inputs), dy = Values(random, rows * outputs);
        float[] Sum(int firstLeaf, int leaves)
        {
            var dw = new float[inputs * outputs];
            new ManagedMatMul().TransposedMultiply(
                new(x.AsSpan(firstLeaf * leaf * inputs), leaves * leaf, inputs),
                new(dy.AsSpan(firstLeaf * leaf * outputs), leaves * leaf, outputs),
                new(dw, inputs, outputs), Enumerable.Repeat(leaf, leaves).ToArray());
            return dw;
        }
        Assert.Equal<float>(Sum(0, 4), Sum(0, 2).Zip(Sum(2, 2), (left, right) => left + right).ToArray());
    }

    [Fact]
    public void The_sum_starts_from_plus_zero_so_that_a_product_of_minus_zero_is_plus_zero()
    {
        float[] a = [-1], b = [0], c = [1];
        new ManagedMatMul().Multiply(new(a, 1, 1), new(b, 1, 1), [], new(c, 1, 1), [1]);
        Assert.Equal(0, BitConverter.SingleToInt32Bits(c[0]));
    }

    [Fact]
    public void Steady_calls_allocate_nothing()
    {
        float[] x = new float[32 * 100], w = new float[100 * 70], y = new float[32 * 70], dw = new float[100 * 70],
            dx = new float[32 * 100];
        var kernel = new ManagedMatMul();
        void Step()
        {
            kernel.Multiply(new(x, 32, 100), new(w, 100, 70), [], new(y, 32, 70), [16, 16]);
            kernel.TransposedMultiply(new(x, 32, 100), new(y, 32, 70), new(dw, 100, 70), [16, 16]);
            kernel.MultiplyTransposed(new(y, 32, 70), new(w, 100, 70), new(dx, 32, 100), [16, 16]);
        }
        // The runtime may allocate once more for itself while it compiles; a kernel that does would do it every time.
        var least = long.MaxValue;
        for (var round = 0; round < 10; round++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            Step();
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }
        Assert.Equal(0, least);
    }

    public static TheoryData<string, Action> Mistakes => new()
    {
        {
            "Multiply: A [2, 3], B [4, 5] and C [2, 5] do not fit together.",
            () => Truth.Multiply(new(new float[6], 2, 3), new(new float[20], 4, 5), [], new(new float[10], 2, 5), [2])
        },
        {
            "Multiply: C is [2, 5] with stride 5, which takes 10 floats; its memory has 9.",
            () => Truth.Multiply(new(new float[6], 2, 3), new(new float[15], 3, 5), [], new(new float[9], 2, 5), [2])
        },
        {
            "Multiply: A is [2, 3] with stride 2; sizes must not be negative, nor the stride less than the columns.",
            () => Truth.Multiply(new(new float[6], 2, 3, 2), new(new float[15], 3, 5), [], new(new float[10], 2, 5),
                [2])
        },
        {
            "Multiply: bias of 4 elements for 5 columns; give 5, or none.",
            () => Truth.Multiply(new(new float[6], 2, 3), new(new float[15], 3, 5), new float[4],
                new(new float[10], 2, 5), [2])
        },
        {
            "TransposedMultiply: the leaves have 3 rows, the batch has 2. (Parameter 'leafRows')",
            () => Truth.TransposedMultiply(new(new float[6], 2, 3), new(new float[10], 2, 5), new(new float[15], 3, 5),
                [2, 1])
        },
        {
            "MultiplyTransposed: a leaf of -1 rows; give 0 or more. (Parameter 'leafRows')",
            () => Truth.MultiplyTransposed(new(new float[6], 2, 3), new(new float[15], 5, 3), new(new float[10], 2, 5),
                [3, -1])
        },
    };

    [Theory, MemberData(nameof(Mistakes), DisableDiscoveryEnumeration = true)]
    public void A_mistake_in_sizes_is_one_clear_error(string message, Action call) =>
        Assert.Equal(message, Assert.Throws<ArgumentException>(call).Message);

    private static void AssertAllWidths(
        int rows, int inputs, int outputs, int padding, int seed, int[]? leafRows = null)
    {
        var leaves = leafRows ?? MatMulCases.Divide(rows, seed);
        foreach (var hasBias in new[] { false, true })
        {
            var expected = MatMulCases.Run(Truth, rows, inputs, outputs, padding, hasBias, leaves, seed);
            foreach (var width in Enum.GetValues<Width>())
            {
                var actual = MatMulCases.Run(
                    new MatMulCases.ManagedAt(width), rows, inputs, outputs, padding, hasBias, leaves, seed);
                Assert.True(expected.AsSpan().SequenceEqual(actual),
                    $"{width}, rows {rows}, inputs {inputs}, outputs {outputs}, padding {padding}, seed {seed}: "
                    + $"first difference at {expected.AsSpan().CommonPrefixLength(actual)} of {expected.Length}.");
            }
        }
    }

    private static float[] Values(Random random, int count) =>
        [.. Enumerable.Range(0, count).Select(_ => random.NextSingle() - 0.5f)];
}
