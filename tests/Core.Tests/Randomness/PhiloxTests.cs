using FsCheck.Xunit;

namespace ActorTrain.Core.Tests.Randomness;

public class PhiloxTests
{
    // The known answers published with the paper's Random123 library, philox4x32 with 10 rounds.
    [Fact]
    public void The_published_answer_for_zeros_holds() => Assert.Equal(
        (0x6627e8d5u, 0xe169c58du, 0xbc57ac4cu, 0x9b00dbd8u), Philox.Block((0, 0, 0, 0), (0, 0)));

    [Fact]
    public void The_published_answer_for_ones_holds() => Assert.Equal(
        (0x408f276du, 0x41c83b0eu, 0xa20bc7c6u, 0x6d5451fdu),
        Philox.Block((uint.MaxValue, uint.MaxValue, uint.MaxValue, uint.MaxValue), (uint.MaxValue, uint.MaxValue)));

    [Fact]
    public void The_published_answer_for_the_digits_of_pi_holds() => Assert.Equal(
        (0xd16cfe09u, 0x94fdccebu, 0x5001e420u, 0x24126ea1u),
        Philox.Block((0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344), (0xa4093822, 0x299f31d0)));

    [Fact]
    public void Seed_index_stream_and_purpose_go_to_the_documented_words() => Assert.Equal(
        Philox.Block((2, 1, 5, (uint)RandomPurpose.Augmentation), (4, 3)),
        Philox.Block(0x3_0000_0004, RandomPurpose.Augmentation, 5, 0x1_0000_0002));

    [Fact]
    public void The_purposes_keep_their_numbers() =>
        Assert.Equal([0, 1, 2, 3, 4], Enum.GetValues<RandomPurpose>().Select(purpose => (int)purpose));

    [Fact]
    public void The_first_uniform_numbers_never_change()
    {
        Span<float> values = stackalloc float[6];
        Philox.FillUniform(7, RandomPurpose.Initialization, 0, 0, 1, values);
        // As multiples of 2⁻²⁴; computed a second time by an independent implementation in Python.
        Assert.Equal([0xf4607a, 0xc009f9, 0x1d3aba, 0x15edac, 0x682e8e, 0xcb97bc], values.ToArray()
            .Select(v => (int)(v * (1 << 24))));
    }

    [Property]
    public void An_element_depends_on_its_index_and_not_on_the_length(ulong seed, uint stream, byte length)
    {
        var values = new float[length];
        Philox.FillUniform(seed, RandomPurpose.Dropout, stream, 0, 1, values);
        for (var i = 0; i < length; i++)
            Assert.Equal(Philox.Uniform(seed, RandomPurpose.Dropout, stream, (ulong)i), values[i]);
    }

    [Property]
    public void Numbers_stay_between_the_bounds(ulong seed, uint stream)
    {
        var values = new float[1000];
        Philox.FillUniform(seed, RandomPurpose.Initialization, stream, -0.25f, 0.5f, values);
        Assert.All(values, value => Assert.InRange(value, -0.25f, 0.5f));
    }

    [Fact]
    public void Numbers_are_spread_evenly()
    {
        var values = new float[100_000];
        Philox.FillUniform(1, RandomPurpose.Initialization, 0, 0, 1, values);
        // χ² of ten equal bins, 9 degrees of freedom: above 27.9 once in a thousand seeds; the seed is fixed.
        var chiSquared = Enumerable.Range(0, 10)
            .Sum(bin => Math.Pow(values.Count(v => (int)(v * 10) == bin) - 10_000, 2) / 10_000);
        Assert.InRange(chiSquared, 0, 27.9);
    }

    [Fact]
    public void Bounds_in_the_wrong_order_are_refused() => Assert.Equal(
        "Philox.FillUniform: bounds 1 and 0; give finite low <= high. (Parameter 'high')",
        Assert.Throws<ArgumentOutOfRangeException>(
            () => Philox.FillUniform(0, RandomPurpose.Dropout, 0, 1, 0, new float[1])).Message);
}
