namespace ActorTrain.Core.Tests.Tensors;

public class ShapeTests
{
    [Fact]
    public void A_shape_has_sizes_a_rank_and_a_count()
    {
        Shape shape = [64, 28, 2];
        Assert.Equal((3, 3584), (shape.Rank, shape.Count));
        Assert.Equal((64, 2), (shape[0], shape[^1]));
        Assert.Equal([64, 28, 2], shape.ToArray());
        Assert.Equal("[64, 28, 2]", shape.ToString());
    }

    [Fact]
    public void A_shape_spreads_its_sizes_and_nothing_else()
    {
        Shape example = [3, 28, 28];
        Shape batch = [64, .. example];
        int[] sizes = [64, .. example, 7];
        List<int> list = [.. example, .. example];
        Assert.Equal("[64, 3, 28, 28]", batch.ToString());
        Assert.Equal([64, 3, 28, 28, 7], sizes);
        Assert.Equal([3, 28, 28, 3, 28, 28], list);
        Assert.Empty((int[])[.. default(Shape)]);
    }

    [Fact]
    public void A_scalar_has_no_dimension_and_one_element()
    {
        Assert.Equal((0, 1, "[]"), (default(Shape).Rank, default(Shape).Count, default(Shape).ToString()));
        Assert.Equal([], default(Shape));
        Assert.Equal(0, Shape.Create([3, 0]).Count);
    }

    [Fact]
    public void Shapes_are_equal_when_their_sizes_are()
    {
        Shape shape = [2, 3];
        Assert.True(shape == Shape.Create([2, 3]));
        Assert.Equal(shape.GetHashCode(), Shape.Create([2, 3]).GetHashCode());
        Assert.True(shape != Shape.Create([3, 2]));
        Assert.True(shape != Shape.Create([2, 3, 1]));
        Assert.False(shape.Equals((object)"[2, 3]"));
    }

    [Fact]
    public void Sizes_that_can_not_be_are_refused()
    {
        Assert.Equal(
            "A shape has at most 6 dimensions, got 7. (Parameter 'sizes')",
            Assert.Throws<ArgumentException>(() => Shape.Create([1, 1, 1, 1, 1, 1, 1])).Message);
        Assert.Equal("A dimension's size is 0 or more, got -1. (Parameter 'sizes')",
            Assert.Throws<ArgumentException>(() => Shape.Create([2, -1])).Message);
        Assert.Equal(
            "[65536, 65536] has more elements than an array can hold, 2147483591. (Parameter 'sizes')",
            Assert.Throws<ArgumentException>(() => Shape.Create([65536, 65536])).Message);
        Assert.Throws<ArgumentException>(() => Shape.Create([int.MaxValue]));
        Assert.Equal(Array.MaxLength, Shape.Create([1, Array.MaxLength]).Count);
    }

    [Theory, InlineData(2), InlineData(-1)]
    public void A_dimension_that_is_not_there_is_refused(int dimension)
    {
        Shape shape = [2, 3];
        var index = dimension < 0 ? ^3 : new Index(dimension);
        Assert.Throws<ArgumentOutOfRangeException>(nameof(dimension), () => shape[index]);
    }
}
