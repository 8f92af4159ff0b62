using ActorTrain.Server;

namespace ActorTrain.Core.Tests.Server;

public class ShardSlotTests
{
    private static readonly ShardSlot New = new(
        new("a", 0), Cores: 1, IsRemote: true, [], default, default, RowCost: 0);
    private static readonly WorkKey Key = new(1, 0, 0, WorkKind.Gradient, new(0, 0));
    private static readonly WorkKey Other = Key with { Node = new(0, 1) };

    [Fact]
    public void The_first_measurement_counts_whole_and_each_later_one_a_fifth()
    {
        var slot = After(New, begin: 0, end: 80, rows: 8);
        Assert.Equal(10_000, slot.RowCost);
        slot = After(slot, begin: 100, end: 100 + 160, rows: 8);
        Assert.Equal(12_000, slot.RowCost);
    }

    [Fact]
    public void Speed_is_measured_by_the_time_of_computing_where_it_is_told()
    {
        var slot = After(New, begin: 0, end: 80, rows: 8);
        Assert.Equal(10_000, slot.SpeedCost);
        slot = slot.With(Key, Ms(0)).Without(Key, Ms(80), rows: 8, computing: Ms(16));
        Assert.Equal((10_000, 2_000), (slot.RowCost, slot.SpeedCost));
    }

    [Fact]
    public void What_says_nothing_about_speed_leaves_the_cost_alone() =>
        Assert.Equal(10_000, After(After(New, 0, 80, rows: 8), 100, 5000, rows: 0).RowCost);

    [Fact]
    public void Of_several_orders_each_is_measured_from_the_end_of_the_one_before()
    {
        var slot = New.With(Key, Ms(0)).With(Other, Ms(5));
        Assert.Equal(Ms(0), slot.BusySince);
        slot = slot.Without(Key, Ms(10), rows: 2);
        Assert.Equal((5_000, Ms(10), false), (slot.RowCost, slot.BusySince, slot.IsIdle));
        slot = slot.Without(Other, Ms(20), rows: 2);
        Assert.Equal((5_000, Ms(20), true), (slot.RowCost, slot.HeardAt, slot.IsIdle));
    }

    private static ShardSlot After(ShardSlot slot, int begin, int end, int rows) =>
        slot.With(Key, Ms(begin)).Without(Key, Ms(end), rows);

    private static TimeSpan Ms(int ms) => TimeSpan.FromMilliseconds(ms);
}
