using ActorTrain.Core.Tests.Support;
using ActorTrain.Server;

namespace ActorTrain.Core.Tests.Server.Ranges;

public class ParameterRangeTests
{
    [Theory]
    [InlineData(109386, 2), InlineData(109386, 3), InlineData(109386, 64), InlineData(64, 64), InlineData(7, 3)]
    [InlineData(1, 1), InlineData(100, 6), InlineData(100, 7), InlineData(2_000_000_000, 64)]
    public void Ranges_are_the_whole_vector_in_order_and_about_as_long(int count, int parts)
    {
        var ranges = ParameterRange.Divide(count, parts);
        Assert.Equal(parts, ranges.Length);
        Assert.Equal(0, ranges[0].Start);
        Assert.Equal(count, ranges[^1].End);
        for (var i = 1; i < parts; i++) Assert.Equal(ranges[i - 1].End, ranges[i].Start);
        Assert.All(ranges, r => Assert.InRange(r.Count, Math.Max(1, (count / parts) - 16), (count / parts) + 16));
    }

    [Fact]
    public void Ranges_begin_with_a_cache_line() => Assert.Equal(
        ["0–54687", "54688–109385"], ParameterRange.Divide(109386, 2).Select(r => $"{r}"));

    [Theory, InlineData(10, 0), InlineData(10, 11), InlineData(100, 65)]
    public void No_ranges_too_many_or_more_than_elements_are_refused(int count, int parts) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => ParameterRange.Divide(count, parts));

    [Fact]
    public void What_can_not_be_split_is_refused_in_one_sentence()
    {
        var recipe = Tiny.Recipe;
        Assert.Null(SplitParameters.Refusal(recipe with { Strategy = new Asynchronous() }, holders: 0, shards: 2));
        Assert.Null(SplitParameters.Refusal(recipe, holders: 2, shards: 0));
        Assert.Equal(
            "parameter-servers is 2 with strategy async and compression none; give strategy sync and compression "
                + "none, or parameter-servers 0.",
            SplitParameters.Refusal(recipe with { Strategy = new Asynchronous() }, holders: 2, shards: 0));
        Assert.Equal(
            "parameter-servers is 2 with strategy sync and compression bf16; give strategy sync and compression "
                + "none, or parameter-servers 0.",
            SplitParameters.Refusal(recipe with { Compression = new Bf16() }, holders: 2, shards: 0));
        Assert.Equal(
            "parameter-servers is 2 with clipping by norm, which needs the whole gradient in one place; clip by value, "
                + "or give parameter-servers 0.",
            SplitParameters.Refusal(recipe with { Clipping = new ClipByNorm(1) }, holders: 2, shards: 0));
        Assert.Equal(
            "parameter-servers is 2 with shards 1; give the server shards 0: it has no parameters to compute from.",
            SplitParameters.Refusal(recipe, holders: 2, shards: 1));
        Assert.Equal(
            "parameter-servers is 24; give 0 to 23.", SplitParameters.Refusal(recipe, holders: 24, shards: 0));
    }
}
