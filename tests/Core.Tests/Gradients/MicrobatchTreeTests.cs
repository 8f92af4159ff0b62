using ActorTrain.Kernels;
using FsCheck.Xunit;

namespace ActorTrain.Core.Tests.Gradients;

public class MicrobatchTreeTests
{
    [Fact]
    public void Sixty_four_rows_in_four_microbatches_are_four_times_sixteen()
    {
        var tree = new MicrobatchTree(64, 4);
        Assert.Equal([16, 16, 16, 16], tree.LeafRows.ToArray());
        Assert.Equal(new TreeNode(2, 0), tree.Root);
        Assert.Equal((32, 32), tree.RowsOf(new(1, 1)));
    }

    [Fact]
    public void Fewer_rows_than_microbatches_make_fewer_leaves() =>
        Assert.Equal([1, 1, 1], new MicrobatchTree(3, 4).LeafRows.ToArray());

    [Fact]
    public void Three_parts_of_four_leaves_are_one_pair_and_two_leaves() =>
        Assert.Equal<TreeNode>([new(0, 0), new(0, 1), new(1, 1)], new MicrobatchTree(64, 4).Divide(new(2, 0), 3));

    [Fact]
    public void Four_leaves_make_a_tree_of_seven_nodes_whatever_is_said_to_be_one()
    {
        var tree = new MicrobatchTree(64, 4);
        // An index of 2^29 + 2 times four leaves is too much for 32 bits.
        int[] indices = [int.MinValue, -1, 0, 1, 2, 3, 4, (1 << 29) + 2, (1 << 30) - 1, 1 << 30, int.MaxValue];
        var nodes = Enumerable.Range(-1, 34).SelectMany(level => indices.Select(i => new TreeNode(level, i)));
        Assert.Equal(["0:0", "0:1", "0:2", "0:3", "1:0", "1:1", "2:0"], nodes.Where(tree.Contains).Select(n => $"{n}"));
    }

    [Property]
    public bool However_it_is_divided_every_row_is_covered_once_in_order(byte rowSeed, byte leafSeed, byte partSeed)
    {
        var tree = new MicrobatchTree(1 + rowSeed, 1 + (leafSeed % 40));
        var next = 0;
        foreach (var node in tree.Divide(tree.Root, 1 + (partSeed % 50)))
        {
            var (start, count) = tree.RowsOf(node);
            if (start != next || count < 1) return false;
            next = start + count;
        }
        return next == tree.Rows;
    }

    [Property]
    public bool However_it_is_divided_the_sum_has_the_same_bits(byte leafSeed, byte partSeed)
    {
        var tree = new MicrobatchTree(1000, 1 + (leafSeed % 40));
        var leaves = new float[tree.Leaves];
        Philox.FillUniform(leafSeed, RandomPurpose.Augmentation, 1, -1, 1, leaves);
        var whole = PairwiseTree.Sum([.. leaves.Select(x => (double)x * 1e-3)]);
        var nodes = tree.Divide(tree.Root, 1 + (partSeed % 50));
        var parts = nodes.Select(n => PairwiseTree.Sum(
            [.. leaves.AsSpan(n.FirstLeaf, tree.LeafCount(n)).ToArray().Select(x => (double)x * 1e-3)]));
        return new TreeSum(tree, nodes.AsSpan()).Of([.. parts]).Equals(whole);
    }

    [Fact]
    public void A_sum_that_misses_a_leaf_is_refused()
    {
        var e = Assert.Throws<ArgumentException>(() => new TreeSum(new MicrobatchTree(64, 4), [new(1, 0), new(0, 2)]));
        Assert.StartsWith("TreeSum: no node covers leaf 3.", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_sum_with_a_node_twice_is_refused()
    {
        var e = Assert.Throws<ArgumentException>(() => new TreeSum(new MicrobatchTree(64, 4), [new(2, 0), new(2, 0)]));
        Assert.StartsWith(
            "TreeSum: 1 nodes more than the 4 leaves below 2:0 need.", e.Message, StringComparison.Ordinal);
    }

    [Property]
    public void Leaves_in_a_row_are_covered_once_in_order_by_the_fewest_aligned_nodes(
        byte leafSeed, byte firstSeed, byte countSeed)
    {
        var tree = new MicrobatchTree(1000, 1 + (leafSeed % 40));
        var first = firstSeed % tree.Leaves;
        var end = first + (countSeed % (tree.Leaves - first + 1));
        var leaf = first;
        var nodes = tree.Cover(first, end - first);
        foreach (var node in nodes)
        {
            Assert.Equal(leaf, node.FirstLeaf);
            leaf += tree.LeafCount(node);
        }
        Assert.Equal(end, leaf);
        Assert.Equal(Fewest(tree, first, end), nodes.Length);
    }

    [Fact]
    public void All_leaves_are_covered_by_the_root() =>
        Assert.Equal<TreeNode>([new(3, 0)], new MicrobatchTree(64, 5).Cover(0, 5));

    [Property]
    public bool The_sum_below_a_node_has_the_bits_of_its_leaves_however_it_is_divided(
        byte leafSeed, byte nodeSeed, byte partSeed)
    {
        var tree = new MicrobatchTree(1000, 1 + (leafSeed % 40));
        var root = new TreeNode(nodeSeed % (tree.Root.Level + 1), 0);
        root = root with { Index = partSeed % ((tree.Leaves + (1 << root.Level) - 1) >> root.Level) };
        var leaves = new double[tree.LeafCount(root)];
        for (var i = 0; i < leaves.Length; i++) leaves[i] = 1e-3 / (1 + i + leafSeed);
        var nodes = tree.Divide(root, 1 + (partSeed % 7));
        var parts = nodes.Select(
            n => PairwiseTree.Sum(leaves.AsSpan(n.FirstLeaf - root.FirstLeaf, tree.LeafCount(n)).ToArray()));
        return new TreeSum(tree, root, nodes.AsSpan()).Of([.. parts]).Equals(PairwiseTree.Sum(leaves));
    }

    [Fact]
    public void A_sum_below_a_node_refuses_nodes_from_elsewhere()
    {
        var tree = new MicrobatchTree(64, 4);
        var missing = Assert.Throws<ArgumentException>(() => new TreeSum(tree, new(1, 0), [new(0, 0), new(0, 2)]));
        Assert.StartsWith("TreeSum: no node covers leaf 1.", missing.Message, StringComparison.Ordinal);
        var more = Assert.Throws<ArgumentException>(() => new TreeSum(tree, new(1, 0), [new(1, 0), new(1, 1)]));
        Assert.StartsWith(
            "TreeSum: 1 nodes more than the 2 leaves below 1:0 need.", more.Message, StringComparison.Ordinal);
    }

    // By trying every aligned node at every leaf.
    private static int Fewest(MicrobatchTree tree, int first, int end)
    {
        var fewest = new int[tree.Leaves + 1];
        for (var leaf = end - 1; leaf >= first; leaf--)
        {
            fewest[leaf] = int.MaxValue;
            for (var level = 0; level <= tree.Root.Level && leaf % (1 << level) == 0; level++)
            {
                var next = leaf + tree.LeafCount(new(level, leaf >> level));
                if (next <= end) fewest[leaf] = Math.Min(fewest[leaf], 1 + fewest[next]);
            }
        }
        return fewest[first];
    }
}
