using ActorTrain.Server;

namespace ActorTrain.Core.Tests.Server;

/// <summary>
/// Runs the real server with up to five shards that join, die, come back, throw and answer as a seed says; answers come
/// late, twice and in any order, and sometimes so late that work is handed out twice. The seed reproduces the run.
/// </summary>
internal sealed class RandomSchedule(int seed, TestServer server, bool withNodes = false)
{
    private const int MostShards = 5;
    private readonly Random _random = new(seed);
    private readonly List<WorkAnswered> _onTheWay = [];
    private readonly int[] _incarnations = new int[MostShards + 1];

    /// <summary>Goes on until the run is over.</summary>
    public void Run()
    {
        while (server.State.IsAlive) Next();
    }

    private void Next()
    {
        switch (_random.Next(100))
        {
            case < 40 when server.Orders.Count > 0:
                _onTheWay.Add(server.Compute(Pick(server.Orders)));
                break;
            case < 88 when _onTheWay.Count > 0:
                Deliver();
                break;
            case < 94:
                Join();
                break;
            case < 97 when server.State.Shards.Length > 0:
                server.Lose(Pick(server.State.Shards).Id);
                break;
            case < 99 when server.Orders.Count > 0 && MayFail(Pick(server.Orders)) is { } order:
                server.Fail(order, "thrown by the schedule");
                break;
            default:
                server.Now += TimeSpan.FromSeconds(1);
                server.Take(Ticked.Instance);
                break;
        }
    }

    // What would be the end of the run does not fail.
    private SendWork? MayFail(SendWork order)
    {
        var isNode = server.State.Shards.First(s => s.Id == order.Shard).IsRemote;
        var isLast = isNode
            ? server.State.Shards.Length == 1
            : server.State.Failures == ParameterServer.MaxFailuresPerRound - 1;
        return isLast ? null : order;
    }

    private void Deliver()
    {
        var answer = Pick(_onTheWay);
        // A connection keeps the order of a node's answers; what is encoded of one depends on those before.
        if (withNodes) answer = _onTheWay.First(a => a.Shard == answer.Shard);
        if (_random.Next(10) > 0) _onTheWay.Remove(answer);
        server.Take(answer);
    }

    // A shard that is there already has died unseen and comes back.
    private void Join()
    {
        var number = _random.Next(1, MostShards + 1);
        server.Forget(TestServer.Shard(number, _incarnations[number]));
        var isNode = withNodes && number % 2 == 0;
        var shard = TestServer.Shard(number, ++_incarnations[number]);
        if (isNode) server.JoinNode(shard, cores: 2);
        else server.Join(shard);
    }

    private T Pick<T>(IReadOnlyList<T> items) => items[_random.Next(items.Count)];
}
