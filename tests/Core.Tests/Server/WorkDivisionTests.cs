using ActorTrain.Server;
using FsCheck.Xunit;

namespace ActorTrain.Core.Tests.Server;

public class WorkDivisionTests
{
    [Theory]
    [InlineData(4, "1 1", "1:0>0 1:1>1")]
    [InlineData(4, "1 3", "1:0>0 0:2>0 0:3>1")]
    [InlineData(4, "3 1", "1:0>1 0:2>1 0:3>0")]
    [InlineData(8, "1 1 1", "1:0>0 0:2>0 0:3>1 1:2>1 1:3>2")]
    [InlineData(12, "1 2", "3:0>0 2:2>1")]
    public void Shares_follow_speed_in_aligned_subtrees_the_largest_first(int leaves, string costs, string parts) =>
        Assert.Equal(parts, Text(leaves, costs, includeSlow: false));

    [Theory, InlineData("2 2 2 2 2", "0:0>0 0:1>1 0:2>2 0:3>3"), InlineData("1 1 1", "1:0>0 0:2>1 0:3>2")]
    public void Among_equals_the_earlier_gets_more(string costs, string parts) =>
        Assert.Equal(parts, Text(4, costs, includeSlow: true));

    [Fact]
    public void Who_needs_longer_for_a_leaf_than_twice_what_the_others_need_for_all_gets_none() =>
        Assert.Equal("2:0>0", Text(4, "1 9", includeSlow: false));

    [Fact]
    public void Who_is_slow_but_not_that_slow_gets_a_leaf() =>
        Assert.Equal("1:0>0 0:2>0 0:3>1", Text(4, "1 7", includeSlow: false));

    [Fact]
    public void A_probe_gives_even_the_slowest_a_leaf() =>
        Assert.Equal("1:0>0 0:2>0 0:3>1", Text(4, "1 1000", includeSlow: true));

    [Fact]
    public void A_unit_alone_gets_all_however_slow_it_is() =>
        Assert.Equal("2:0>0", Text(4, "1000", includeSlow: false));

    [Property]
    public void Every_leaf_is_covered_once_in_order_whatever_the_costs(
        byte leafSeed, byte[] costSeeds, bool includeSlow)
    {
        var tree = new MicrobatchTree(1000, 1 + (leafSeed % 70));
        double[] costs = [0.5, .. costSeeds.Take(9).Select(c => 1e-3 + (c * (double)c))];
        var leaf = 0;
        foreach (var (node, owner) in WorkDivision.Divide(tree, costs, includeSlow))
        {
            Assert.Equal(leaf, node.FirstLeaf);
            Assert.InRange(owner, 0, costs.Length - 1);
            leaf += tree.LeafCount(node);
        }
        Assert.Equal(tree.Leaves, leaf);
    }

    [Property]
    public void Nobody_would_be_done_earlier_with_the_last_leaf_of_the_last_one(byte leafSeed, byte[] costSeeds)
    {
        var tree = new MicrobatchTree(1000, 1 + (leafSeed % 70));
        double[] costs = [1, .. costSeeds.Take(5).Select(c => 1 + (c / 300.0))];
        var counts = new int[costs.Length];
        foreach (var (node, owner) in WorkDivision.Divide(tree, costs, includeSlow: false))
            counts[owner] += tree.LeafCount(node);
        // A unit that had none was given one from the largest share, which may make it the last.
        var end = costs.Select((cost, i) => counts[i] < 2 ? 0 : cost * counts[i]).Max();
        Assert.All(
            costs.Select((cost, i) => cost * (counts[i] + 1)),
            other => Assert.True(end <= other || counts.Contains(1)));
    }

    private static string Text(int leaves, string costs, bool includeSlow) => string.Join(' ', WorkDivision
        .Divide(new(8 * leaves, leaves), [.. costs.Split(' ').Select(double.Parse)], includeSlow)
        .Select(p => $"{p.Node}>{p.Owner}"));
}
