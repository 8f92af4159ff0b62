using FsCheck;
using FsCheck.Fluent;

namespace ActorTrain.Core.Tests.Kernels;

public class CblasMatMulTests
{
    public static TheoryData<string> Kernels => ["mkl", "openblas"];

    // Sizes around the native kernels' blocks; Padding and Offset in floats, so that nothing is aligned.
    public sealed record Case(int Inner, int Columns, int[] LeafRows, int Padding, int Offset, int Seed)
    {
        public int Rows => LeafRows.Sum();

        public override string ToString() =>
            $"inner {Inner}, columns {Columns}, leaves [{string.Join(", ", LeafRows)}], padding {Padding}, offset "
            + $"{Offset}, seed {Seed}";
    }

    // One row, one column and one product are frequent, because BLAS treats vectors otherwise than matrices.
    private static readonly Gen<Case> Cases =
        from inner in Gen.Frequency((1, Gen.Choose(0, 1)), (5, Gen.Choose(2, 40)), (2, Gen.Choose(300, 800)))
        from columns in Gen.Frequency((1, Gen.Choose(0, 1)), (4, Gen.Choose(2, 70)))
        from leafCount in Gen.Choose(0, 9)
        from leafRows in Gen.Frequency((1, Gen.Choose(0, 1)), (4, Gen.Choose(2, 20))).ArrayOf(leafCount)
        from padding in Gen.Choose(0, 5)
        from offset in Gen.Choose(0, 17)
        from seed in Gen.Choose(0, int.MaxValue)
        select new Case(inner, columns, leafRows, padding, offset, seed);

    [Theory, MemberData(nameof(Kernels))]
    public void The_forward_product_is_that_of_a_plain_loop(string name)
    {
        var kernel = NativeKernels.Require(name);
        Prop.ForAll(Cases.ToArbitrary(), test =>
        {
            var random = new System.Random(test.Seed);
            var a = PaddedMatrix.Random(random, test.Rows, test.Inner, test.Padding, test.Offset);
            var b = PaddedMatrix.Random(random, test.Inner, test.Columns, test.Padding, test.Offset);
            var bias = PaddedMatrix.Random(random, 1, test.Columns);
            var c = PaddedMatrix.Unwritten(test.Rows, test.Columns, test.Padding, test.Offset);
            kernel.Multiply(a.View, b.View, bias.View.Data, c.Span, test.LeafRows);
            AssertClose(c, test.Inner, (row, column, k) => (a[row, k], b[k, column]), column => bias[0, column]);
        }).QuickCheckThrowOnFailure();
    }

    [Theory, MemberData(nameof(Kernels))]
    public void The_input_gradients_product_is_that_of_a_plain_loop(string name)
    {
        var kernel = NativeKernels.Require(name);
        Prop.ForAll(Cases.ToArbitrary(), test =>
        {
            var random = new System.Random(test.Seed);
            var a = PaddedMatrix.Random(random, test.Rows, test.Inner, test.Padding, test.Offset);
            var b = PaddedMatrix.Random(random, test.Columns, test.Inner, test.Padding, test.Offset);
            var c = PaddedMatrix.Unwritten(test.Rows, test.Columns, test.Padding, test.Offset);
            kernel.MultiplyTransposed(a.View, b.View, c.Span, test.LeafRows);
            AssertClose(c, test.Inner, (row, column, k) => (a[row, k], b[column, k]), _ => 0);
        }).QuickCheckThrowOnFailure();
    }

    [Theory, MemberData(nameof(Kernels))]
    public void The_parameter_gradients_product_is_that_of_a_plain_loop(string name)
    {
        var kernel = NativeKernels.Require(name);
        Prop.ForAll(Cases.ToArbitrary(), test =>
        {
            var random = new System.Random(test.Seed);
            var a = PaddedMatrix.Random(random, test.Rows, test.Inner, test.Padding, test.Offset);
            var b = PaddedMatrix.Random(random, test.Rows, test.Columns, test.Padding, test.Offset);
            var c = PaddedMatrix.Unwritten(test.Inner, test.Columns, test.Padding, test.Offset);
            kernel.TransposedMultiply(a.View, b.View, c.Span, test.LeafRows);
            AssertClose(c, test.Rows, (row, column, k) => (a[k, row], b[k, column]), _ => 0);
        }).QuickCheckThrowOnFailure();
    }

    [Theory, MemberData(nameof(Kernels))]
    public void A_leaf_has_the_same_bits_whatever_its_neighbours_and_its_place_in_memory(string name)
    {
        var kernel = NativeKernels.Require(name);
        Prop.ForAll(Cases.ToArbitrary(), test =>
        {
            var random = new System.Random(test.Seed);
            var a = PaddedMatrix.Random(random, test.Rows, test.Inner);
            var b = PaddedMatrix.Random(random, test.Inner, test.Columns);
            var bTransposed = PaddedMatrix.Random(random, test.Columns, test.Inner);
            var bias = PaddedMatrix.Random(random, 1, test.Columns);
            var forward = PaddedMatrix.Unwritten(test.Rows, test.Columns);
            var backward = PaddedMatrix.Unwritten(test.Rows, test.Columns);
            kernel.Multiply(a.View, b.View, bias.View.Data, forward.Span, test.LeafRows);
            kernel.MultiplyTransposed(a.View, bTransposed.View, backward.Span, test.LeafRows);
            var row = 0;
            foreach (var rows in test.LeafRows)
            {
                var leaf = a.CopyOfRows(row, rows, test.Padding, test.Offset);
                var alone = PaddedMatrix.Unwritten(rows, test.Columns, test.Padding, test.Offset);
                kernel.Multiply(leaf.View, b.CopyOfRows(0, b.Rows, test.Padding, test.Offset).View, bias.View.Data,
                    alone.Span, [rows]);
                Assert.Equal<int>(forward.CopyOfRows(row, rows, 0, 0).Bits(), alone.Bits());
                kernel.MultiplyTransposed(
                    leaf.View, bTransposed.CopyOfRows(0, test.Columns, test.Padding, test.Offset).View, alone.Span,
                    [rows]);
                Assert.Equal<int>(backward.CopyOfRows(row, rows, 0, 0).Bits(), alone.Bits());
                row += rows;
            }
        }).QuickCheckThrowOnFailure();
    }

    [Theory, MemberData(nameof(Kernels))]
    public void Parameter_gradients_are_the_leaves_sums_added_in_the_order_of_the_tree(string name)
    {
        var kernel = NativeKernels.Require(name);
        Prop.ForAll(Cases.Where(test => test.LeafRows.Length > 0).ToArbitrary(), test =>
        {
            var random = new System.Random(test.Seed);
            var a = PaddedMatrix.Random(random, test.Rows, test.Inner, test.Padding, test.Offset);
            var b = PaddedMatrix.Random(random, test.Rows, test.Columns, test.Padding, test.Offset);
            var together = PaddedMatrix.Unwritten(test.Inner, test.Columns, test.Padding, test.Offset);
            kernel.TransposedMultiply(a.View, b.View, together.Span, test.LeafRows);
            var leaves = new List<PaddedMatrix>();
            var row = 0;
            foreach (var rows in test.LeafRows)
            {
                var leaf = PaddedMatrix.Unwritten(test.Inner, test.Columns);
                kernel.TransposedMultiply(
                    a.CopyOfRows(row, rows, 0, 0).View, b.CopyOfRows(row, rows, 0, 1).View, leaf.Span, [rows]);
                leaves.Add(leaf);
                row += rows;
            }
            Assert.Equal<int>(TreeSum(leaves).Bits(), together.Bits());
        }).QuickCheckThrowOnFailure();
    }

    [Theory, MemberData(nameof(Kernels))]
    public void Many_threads_at_once_get_the_bits_of_one(string name)
    {
        var kernel = NativeKernels.Require(name);
        var random = new System.Random(1);
        PaddedMatrix a = PaddedMatrix.Random(random, 64, 300), b = PaddedMatrix.Random(random, 64, 70);
        var expected = Product();
        Parallel.For(0, 64, new ParallelOptions { MaxDegreeOfParallelism = 8 }, _ => Assert.Equal<int>(expected,
            Product()));

        int[] Product()
        {
            var c = PaddedMatrix.Unwritten(300, 70);
            kernel.TransposedMultiply(a.View, b.View, c.Span, [16, 16, 16, 16]);
            return c.Bits();
        }
    }

    [Theory, MemberData(nameof(Kernels))]
    public void A_step_makes_no_garbage(string name)
    {
        var kernel = NativeKernels.Require(name);
        var random = new System.Random(1);
        PaddedMatrix x = PaddedMatrix.Random(random, 64, 128), dy = PaddedMatrix.Random(random, 64, 64);
        PaddedMatrix w = PaddedMatrix.Random(random, 128, 64), dw = PaddedMatrix.Unwritten(128, 64);
        PaddedMatrix y = PaddedMatrix.Unwritten(64, 64), dx = PaddedMatrix.Unwritten(64, 128);
        ReadOnlySpan<int> leaves = [16, 16, 16, 16];
        long allocatedBytes = 0;
        for (var step = 0; step < 3; step++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            kernel.Multiply(x.View, w.View, [], y.Span, leaves);
            kernel.MultiplyTransposed(dy.View, w.View, dx.Span, leaves);
            kernel.TransposedMultiply(x.View, dy.View, dw.Span, leaves);
            allocatedBytes = GC.GetAllocatedBytesForCurrentThread() - before;
        }
        // The last step's: the first takes the thread's scratch.
        Assert.Equal(0, allocatedBytes);
    }

    [Fact]
    public void Operands_that_do_not_fit_are_refused_before_native_code_sees_them()
    {
        var kernel = NativeKernels.Require("mkl");
        var memory = new float[100];
        Assert.Equal(
            "Multiply: A [2, 3], B [4, 5] and C [2, 5] do not fit together.",
            Assert.Throws<ArgumentException>(() =>
                kernel.Multiply(new(memory, 2, 3), new(memory, 4, 5), [], new(memory, 2, 5), [2])).Message);
        Assert.Equal(
            "Multiply: bias of 4 elements for 5 columns; give 5, or none.",
            Assert.Throws<ArgumentException>(() =>
                kernel.Multiply(new(memory, 2, 3), new(memory, 3, 5), memory.AsSpan(0, 4), new(memory, 2, 5),
                    [2])).Message);
        Assert.Equal(
            "MultiplyTransposed: A [2, 3], B [5, 4] and C [2, 5] do not fit together.",
            Assert.Throws<ArgumentException>(() =>
                kernel.MultiplyTransposed(new(memory, 2, 3), new(memory, 5, 4), new(memory, 2, 5), [2])).Message);
        Assert.Equal(
            "TransposedMultiply: A [2, 3], B [2, 5] and C [2, 5] do not fit together.",
            Assert.Throws<ArgumentException>(() =>
                kernel.TransposedMultiply(new(memory, 2, 3), new(memory, 2, 5), new(memory, 2, 5), [2])).Message);
        Assert.Equal(
            "TransposedMultiply: the leaves have 3 rows, the batch has 2. (Parameter 'leafRows')",
            Assert.Throws<ArgumentException>(() =>
                kernel.TransposedMultiply(new(memory, 2, 3), new(memory, 2, 5), new(memory, 3, 5), [2, 1])).Message);
    }

    [Fact]
    public void MKL_says_which_version_runs_and_how_it_is_set() =>
        Assert.Matches("Math Kernel Library.*, sequential, CNR AUTO$", NativeKernels.Require("mkl").Description);

    // 1e-5 of what a sum could be at most: rounding errors are relative to the addends, not to what cancels to.
    private static void AssertClose(
        PaddedMatrix c, int inner, Func<int, int, int, (float A, float B)> factors, Func<int, float> bias)
    {
        for (var row = 0; row < c.Rows; row++)
            for (var column = 0; column < c.Columns; column++)
            {
                double sum = bias(column), size = Math.Abs(sum);
                for (var k = 0; k < inner; k++)
                {
                    var (a, b) = factors(row, column, k);
                    sum += (double)a * b;
                    size += Math.Abs((double)a * b);
                }
                Assert.True(
                    Math.Abs(c[row, column] - sum) <= 1e-5 * size,
                    $"[{row}, {column}] is {c[row, column]}, expected {sum}.");
            }
        Assert.True(c.GapsAreUntouched());
    }

    // Top down, unlike the kernel: a node's left part is the largest power of two below its leaf count.
    private static PaddedMatrix TreeSum(List<PaddedMatrix> leaves)
    {
        if (leaves.Count == 1) return leaves[0];
        var left = 1;
        while (left * 2 < leaves.Count) left *= 2;
        return TreeSum(leaves[..left]).Plus(TreeSum(leaves[left..]));
    }
}
