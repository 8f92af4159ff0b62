using FsCheck.Xunit;

namespace ActorTrain.Core.Tests.Functional;

/// <summary>What must hold for any numbers and shapes.</summary>
public class FunctionalPropertyTests
{
    [Property]
    public bool Softmax_does_not_see_a_shift_and_adds_up_to_one(byte rows, byte columns, sbyte shift, ulong seed)
    {
        var x = Tensor.Randn([1 + (rows % 7), 1 + (columns % 40)], seed);
        var y = F.Softmax(x, 1);
        return IsClose(y, F.Softmax(x + shift, 1), 1e-5) && IsClose(y.Sum(1), Tensor.Ones([x.Shape[0]]), 1e-6)
            && IsClose(F.LogSoftmax(x, 0).Exp(), F.Softmax(x, 0), 1e-6);
    }

    [Fact]
    public void Softmax_over_nothing_is_nothing()
    {
        foreach (var x in new[] { Tensor.Zeros([2, 0]), Tensor.Zeros([0, 3]), Tensor.Zeros([0, 0]) })
        {
            foreach (var dim in new[] { 0, 1 })
            {
                Func<Tensor, Tensor>[] functions = [at => F.Softmax(at, dim), at => F.LogSoftmax(at, dim)];
                foreach (var f in functions)
                {
                    Assert.Equal(x.Shape, f(x).Shape);
                    Assert.Equal(x.Shape, Grad.ValueAndGrad(at => f(at).Sum(), x).Gradient.Shape);
                    Assert.Equal(x.Shape, Grad.Hvp(at => f(at).Sum(), x, x).Product.Shape);
                }
            }
        }
    }

    [Property]
    public bool Linear_and_convolution_are_linear(byte rows, byte size, float share, ulong seed)
    {
        var a = float.IsFinite(share) ? Math.Clamp(share, -3, 3) : 0.5f;
        var shape = Shape.Create([1 + (rows % 5), 2, 3 + (size % 5), 3 + (rows % 4)]);
        var (x, y, weight) = (
            Tensor.Randn(shape, seed), Tensor.Randn(shape, seed, 1), Tensor.Randn([3, 2, 3, 3], seed, 2));
        var matrix = Tensor.Randn([4, shape.Count / shape[0]], seed, 3);
        return IsClose(
                F.Conv2d((x * a) + y, weight, padding: 1),
                (F.Conv2d(x, weight, padding: 1) * a) + F.Conv2d(y, weight, padding: 1), 1e-4)
            && IsClose(
                F.Linear(((x * a) + y).Reshape(shape[0], -1), matrix),
                (F.Linear(x.Reshape(shape[0], -1), matrix) * a) + F.Linear(y.Reshape(shape[0], -1), matrix), 1e-4);
    }

    [Property]
    public bool Broadcasting_is_repeating(byte rows, byte columns, ulong seed)
    {
        var (m, n) = (1 + (rows % 6), 1 + (columns % 6));
        var (x, row, column) = (
            Tensor.Randn([m, n], seed), Tensor.Randn([n], seed, 1), Tensor.Randn([m, 1], seed, 2));
        return (x * row).ToArray().SequenceEqual((x * Tensor.Stack([.. Enumerable.Repeat(row, m)])).ToArray())
            && (x - column).ToArray().SequenceEqual((x - Tensor.Cat([.. Enumerable.Repeat(column, n)], 1)).ToArray());
    }

    [Property]
    public bool No_function_changes_what_it_is_given(ulong seed)
    {
        var (x, y) = (Tensor.Randn([4, 6], seed), Tensor.Rand([4, 6], seed));
        var (xBefore, yBefore) = (x.ToArray(), y.ToArray());
        int[] labels = [0, 5, 2, 3];
        Func<IReadOnlyList<Tensor>, Tensor>[] functions =
        [
            t => F.Gelu(t[0]) + F.Softmax(t[1], 0), t => F.LayerNorm(t[0], t[1].Select(0, 0), t[1].Select(0, 1)),
            t => F.BatchNorm(t[0], BatchStatistics.Initial(6), t[1].Select(0, 0), t[1].Select(0, 1), true).Output,
            t => F.CrossEntropy(t[0], labels, labelSmoothing: 0.1f) + F.BinaryCrossEntropyWithLogits(t[0], t[1]),
            t => t[0].MatMul(t[1].T()).Std(0), t => Tensor.Cat([t[0], t[1]], 1).Max(1).Values,
            t => F.MaxPool2d(t[0].View(1, 1, 4, 6), 2) * F.AvgPool2d(t[1].View(1, 1, 4, 6), 2),
        ];
        foreach (var f in functions) Grad.ValueAndGrad(t => f(t).Sum(), [x, y]);
        return x.ToArray().SequenceEqual(xBefore) && y.ToArray().SequenceEqual(yBefore);
    }

    private static bool IsClose(Tensor expected, Tensor actual, double tolerance) =>
        expected.Shape == actual.Shape && expected.ToArray().Zip(actual.ToArray()).All(
            pair => Math.Abs(pair.First - pair.Second) <= tolerance * (1 + Math.Abs(pair.First)));
}
