using ActorTrain.Core.Tests.Support;

namespace ActorTrain.Core.Tests.Optimizers;

/// <summary>Laws of all update rules, and what clipping and averaging are.</summary>
public class UpdateRuleTests
{
    public static TheoryData<string> Rules => [.. UpdateRules.All.Keys];

    [Theory, MemberData(nameof(Rules))]
    public void A_rule_goes_towards_the_minimum_of_a_parabola(string name)
    {
        var rule = UpdateRules.All[name];
        var (parameters, state) = (FlatVector.From([1, -2, 0.5f]), rule.Init(3));
        var before = Length(parameters.Span);
        for (var step = 0; step < 12; step++)
            (parameters, state) = Step(rule, parameters, state, parameters.Span.ToArray());
        Assert.InRange(Length(parameters.Span), 0, 0.999 * before);
    }

    [Theory, MemberData(nameof(Rules))]
    public void Vectors_of_any_length_and_old_ones_that_stay_as_they_were(string name)
    {
        var rule = UpdateRules.All[name];
        foreach (var count in new[] { 1, 15, 16, 17, 1023, 1024, 1100 })
        {
            var (parameters, state) = (FlatVector.From(Values(count, stream: 1)), rule.Init(count));
            (parameters, state) = Step(rule, parameters, state, Values(count, stream: 2));
            var before = parameters.Span.ToArray();
            var (next, _) = Step(rule, parameters, state, Values(count, stream: 3));
            Assert.Equal(before, parameters.Span.ToArray());
            Assert.DoesNotContain(next.Span.ToArray(), float.IsNaN);
            if (rule.Clipping is not ClipByNorm)
            {
                var alone = Step(
                    rule, FlatVector.From(parameters.Span[^1..]),
                    state with { Moments = [.. state.Moments.Select(m => FlatVector.From(m.Span[^1..]))] },
                    Values(count, stream: 3)[^1..]).Parameters;
                Assert.Equal(next.Span[^1], alone.Span[0]);
            }
        }
    }

    [Fact]
    public void What_is_frozen_stays_with_its_moments_and_does_not_count_in_the_length()
    {
        var rule = new UpdateRule(new Adam(0.1f, WeightDecay: 0.1f))
        {
            Untrained = [new(0, 1020, 0), new(1030, 1031, 0)],
            Clipping = new ClipByNorm(1),
        };
        var (before, gradient) = (Values(1100, stream: 1), Values(1100, stream: 2));
        var (parameters, state) = Step(rule, FlatVector.From(before), rule.Init(1100), gradient);
        var other = gradient.Select((g, i) => i < 1020 || i == 1030 ? 1000 * g : g).ToArray();
        Assert.Equal(
            parameters.Sha256(), Step(rule, FlatVector.From(before), rule.Init(1100), other).Parameters.Sha256());
        for (var i = 0; i < 1100; i++)
        {
            var isFrozen = i < 1020 || i == 1030;
            Assert.True(isFrozen == (parameters.Span[i] == before[i]), $"{i}");
            Assert.True(isFrozen == (state.Moments[0].Span[i] == 0), $"{i}");
        }
    }

    [Fact]
    public void A_gradient_longer_than_the_bound_is_shortened_to_it_and_a_shorter_one_is_not()
    {
        var rule = new UpdateRule(new Sgd(1, Momentum: 0)) { Clipping = new ClipByNorm(1) };
        var zeros = FlatVector.Zeros(2);
        Close.Assert([-0.6f, -0.8f], Step(rule, zeros, rule.Init(2), [3, 4]).Parameters.Span, 1e-6, "shortened");
        Assert.Equal([-0.3f, -0.4f], Step(rule, zeros, rule.Init(2), [0.3f, 0.4f]).Parameters.Span.ToArray());
    }

    [Fact]
    public void The_length_is_of_the_mean_gradient_of_all_nodes()
    {
        var rule = new UpdateRule(new Sgd(1, Momentum: 0)) { Clipping = new ClipByNorm(2.5f) };
        var tree = new TreeSum(new(4, 2), [new(0, 0), new(0, 1)]);
        // The sum is [12, 16] over 4 rows: the mean's length is 5, twice the bound.
        var (parameters, _) = Updates.Whole(new(
            rule, FlatVector.Zeros(2), rule.Init(2), tree, [new float[] { 2, 6 }, new float[] { 10, 10 }], 4, new()));
        Close.Assert([-1.5f, -2], parameters.Span, 1e-6, "clipped");
    }

    [Fact]
    public void Parts_of_a_clipped_update_in_any_order_give_the_same_bits()
    {
        var rule = UpdateRules.All["clipped by norm"];
        var values = Values(5000, stream: 4);
        ParameterUpdate Update() => new(
            rule, FlatVector.From(values), rule.Init(5000), new(new(1, 1), [new(0, 0)]), [values], 1, new());
        var (whole, parts) = (Update(), Update());
        whole.Apply();
        for (var run = parts.Runs - 1; run >= 0; run--) parts.Apply(run, 1);
        Assert.Equal(whole.Parameters.Sha256(), parts.Parameters.Sha256());
    }

    [Fact]
    public void The_length_of_a_long_gradient_is_that_of_a_plain_sum()
    {
        var values = Values(5003, stream: 5);
        var sum = 0.0;
        foreach (var value in values) sum += (double)value * value;
        var tree = new TreeSum(new(1, 1), [new(0, 0)]);
        Assert.Equal(Math.Sqrt(sum), GradientNorm.Of(tree, [values], [], []), 1e-9);
    }

    [Fact]
    public void No_element_goes_beyond_a_bound_by_value()
    {
        var rule = new UpdateRule(new Sgd(1, Momentum: 0)) { Clipping = new ClipByValue(0.5f) };
        var (parameters, _) = Step(rule, FlatVector.Zeros(4), rule.Init(4), [3, -0.25f, -7, float.NaN]);
        Assert.Equal([-0.5f, 0.25f, 0.5f, float.NaN], parameters.Span.ToArray());
    }

    [Fact]
    public void The_average_is_the_first_parameters_then_follows_them()
    {
        var rule = new UpdateRule(new Sgd(1, Momentum: 0)) { Averaging = new WeightAveraging(0.75f) };
        var (parameters, state) = (FlatVector.Zeros(1), rule.Init(1));
        Assert.Same(parameters, rule.AverageOf(parameters, state));
        var averages = new List<float>();
        foreach (var gradient in new[] { -4f, -4f, 8f })
        {
            (parameters, state) = Step(rule, parameters, state, [gradient]);
            averages.Add(rule.AverageOf(parameters, state).Span[0]);
        }
        Assert.Equal([4f, 5f, 3.75f], averages); // of 4, 8, 0
    }

    private static (FlatVector Parameters, OptimizerState State) Step(
        UpdateRule rule, FlatVector parameters, OptimizerState state, float[] gradient) => Updates.Whole(new(
            rule, parameters, state, new(new(1, 1), [new(0, 0)]), [gradient], rows: 1, new()));

    private static float[] Values(int count, uint stream)
    {
        var values = new float[count];
        Philox.FillUniform(1, RandomPurpose.Augmentation, stream, -1, 1, values);
        return values;
    }

    private static double Length(ReadOnlySpan<float> x)
    {
        var sum = 0.0;
        foreach (var value in x) sum += value * value;
        return Math.Sqrt(sum);
    }
}
