using ActorTrain.Kernels;
using ActorTrain.Server;
using Akka.Actor;

namespace ActorTrain.Actors;

/// <summary>
/// Supervises the data shards of one process: one that throws is restarted, the others are left alone.
/// </summary>
public sealed class DataShardsActor : UntypedActor
{
    private readonly Func<ShardId, string, Props> _shardProps;
    private readonly int _shards;

    /// <summary>A process with this many shards.</summary>
    public DataShardsActor(int shards, Func<ShardId, string, Props> shardProps) =>
        (_shards, _shardProps) = (shards, shardProps);

    /// <summary>
    /// How to make one whose shards read the same data and the same parameters, and join <paramref name="server"/>.
    /// </summary>
    public static Props Props(
        int shards, IActorRef server, TrainingPlan plan, Dataset data, IMatMul matMul, VectorMemory? memory = null) =>
        Akka.Actor.Props.Create(() => new DataShardsActor(
            shards, (id, dispatcher) => DataShardActor.Props(id, server, plan, data, matMul, dispatcher, memory)));

    /// <inheritdoc/>
    protected override void PreStart()
    {
        for (var i = 1; i <= _shards; i++)
        {
            var dispatcher = i == 1 ? ActorTrainDispatchers.Server : ActorTrainDispatchers.Shard;
            Context.ActorOf(_shardProps(new($"shard-{i}", Incarnation: 0), dispatcher), $"shard-{i}");
        }
    }

    /// <summary>Restart, without a limit: the server counts failures and gives up a run that can't go on.</summary>
    protected override SupervisorStrategy SupervisorStrategy() => new OneForOneStrategy(_ => Directive.Restart);

    /// <inheritdoc/>
    protected override void OnReceive(object message) => Unhandled(message);
}
