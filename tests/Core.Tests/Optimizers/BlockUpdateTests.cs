using System.Runtime.Intrinsics;
using ActorTrain.Kernels;
using PropertyAttribute = FsCheck.Xunit.PropertyAttribute;

namespace ActorTrain.Core.Tests.Optimizers;

public class BlockUpdateTests
{
    private static readonly Optimizer[] All =
    [
        new Sgd(0.1f), new Sgd(0.1f, 0.9f, WeightDecay: 1e-2f, Nesterov: true), new Adam(0.1f, WeightDecay: 1e-2f),
        new AdamW(0.1f), new RMSprop(0.1f), new Adagrad(0.1f), new Adadelta(0.1f), new Lion(0.1f),
    ];

    [Fact]
    public void A_step_with_momentum_is_what_its_formula_says()
    {
        float[] velocity = [0.5f], parameters = [2f];
        Update(new Sgd(0.125f, 0.5f), [8f], parameters, velocity, [], rows: 1, stride: 0, scale: 0.25f);
        Assert.Equal(2.25f, velocity[0]);
        Assert.Equal(2f - (0.125f * 2.25f), parameters[0]);
        (velocity, parameters) = ([0f], [4f]);
        Update(new Sgd(0.5f, 0.5f, WeightDecay: 0.25f), [0f], parameters, velocity, [], rows: 1, stride: 0, scale: 1);
        Assert.Equal(1f, velocity[0]);
        Assert.Equal(3.875f, parameters[0]);
    }

    [Property]
    public void Rows_of_a_block_get_the_bits_of_one_row_after_another(int seed)
    {
        var random = new Random(seed);
        var (rows, columns) = (random.Next(1, 6), random.Next(1, 70));
        var stride = columns + random.Next(0, 20);
        var length = ((rows - 1) * stride) + columns;
        float[] Values(int count) => [.. Enumerable.Range(0, count).Select(_ => random.NextSingle() - 0.5f)];
        float[] sum = Values(rows * columns), p = Values(length), m1 = Values(length);
        var m2 = Array.ConvertAll(Values(length), Math.Abs);
        foreach (var optimizer in All)
        {
            float[] p1 = [.. p], first1 = [.. m1], second1 = [.. m2], p2 = [.. p], first2 = [.. m1], second2 = [.. m2];
            Update(optimizer, sum, p1, first1, second1, rows, stride, scale: 0.5f);
            for (var r = 0; r < rows; r++)
                Update(
                    optimizer, sum.AsSpan(r * columns, columns), p2.AsSpan(r * stride, columns),
                    first2.AsSpan(r * stride, columns), second2.AsSpan(r * stride, columns), 1, 0, scale: 0.5f);
            Assert.Equal<float>([.. p2, .. first2, .. second2], [.. p1, .. first1, .. second1]);
        }
    }

    [Property]
    public void Every_width_gives_the_bits_of_one_element_at_a_time(int seed)
    {
        var random = new Random(seed);
        float[] Values() => [.. Enumerable.Range(0, 83).Select(_ => random.NextSingle() - 0.5f)];
        float[] g = Values(), p = Values(), m1 = Values(), m2 = Array.ConvertAll(Values(), Math.Abs);
        var expected = Apply<LanesScalar, float>(g, p, m1, m2);
        Assert.Equal<float>(expected, Apply<Lanes128, Vector128<float>>(g, p, m1, m2));
        Assert.Equal<float>(expected, Apply<Lanes256, Vector256<float>>(g, p, m1, m2));
        Assert.Equal<float>(expected, Apply<Lanes512, Vector512<float>>(g, p, m1, m2));
    }

    private static float[] Apply<TLanes, TVector>(float[] g, float[] p, float[] m1, float[] m2)
        where TLanes : struct, ILanes<TVector> where TVector : struct
    {
        float[] parameters = [.. p], first = [.. m1], second = [.. m2];
        var update = Block(g, parameters, first, second, rows: 1, stride: 0, scale: 1f / 64);
        var rule = new AdamRule(update, 0.9f, 0.999f, 1e-8f, parameterScale: 0.99f);
        ElementRule.Apply<AdamRule, TLanes, TVector>(rule, update, weightDecay: 1e-4f);
        return [.. parameters, .. first, .. second];
    }

    private static void Update(
        Optimizer optimizer, ReadOnlySpan<float> sum, Span<float> parameters, Span<float> first, Span<float> second,
        int rows, int stride, float scale) =>
        optimizer.Update(Block(sum, parameters, first, second, rows, stride, scale));

    private static OptimizerUpdate Block(
        ReadOnlySpan<float> sum, Span<float> parameters, Span<float> first, Span<float> second, int rows, int stride,
        float scale) => new()
        {
            Rows = rows,
            Stride = stride,
            Step = 3,
            LearningRate = 0.125f,
            GradientSum = sum,
            GradientScale = scale,
            Parameters = parameters,
            Moment1 = first,
            Moment2 = second,
            NewParameters = parameters,
            NewMoment1 = first,
            NewMoment2 = second,
        };
}
