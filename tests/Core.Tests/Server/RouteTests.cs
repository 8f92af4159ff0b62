using ActorTrain.Server;

namespace ActorTrain.Core.Tests.Server;

public class RouteTests
{
    private static readonly TimeSpan Start = TimeSpan.FromMinutes(3);

    [Fact]
    public void Nobody_is_asked_while_the_aggregator_may_still_come_and_then_the_server()
    {
        var route = new Route(IsThere: false, Start);
        Assert.Equal(Way.None, route.At(Start));
        Assert.Equal(Way.None, route.At(Start + Route.Patience - TimeSpan.FromTicks(1)));
        Assert.Equal(Way.Server, route.At(Start + Route.Patience));
    }

    [Fact]
    public void The_way_leads_through_the_aggregator_as_soon_and_as_long_as_it_is_there()
    {
        var later = Start + (10 * Route.Patience);
        var route = new Route(IsThere: false, Start).See(isThere: true, later);
        Assert.Equal(Way.Aggregator, route.At(later));
        Assert.Equal(Way.Aggregator, route.At(2 * later));
        route = route.See(isThere: false, 2 * later);
        Assert.Equal(Way.None, route.At(2 * later));
    }

    [Fact]
    public void To_see_again_that_it_is_away_does_not_begin_anew()
    {
        var route = new Route(IsThere: false, Start).See(isThere: false, Start + Route.Patience);
        Assert.Equal(Way.Server, route.At(Start + Route.Patience));
    }
}
