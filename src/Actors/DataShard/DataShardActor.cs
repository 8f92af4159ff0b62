using ActorTrain.Actors.Protocol;
using ActorTrain.Kernels;
using ActorTrain.Server;
using Akka.Actor;

namespace ActorTrain.Actors;

/// <summary>
/// A shell around <see cref="DataShard"/> and <see cref="ShardComputation"/>: computes what it is told, on a thread of
/// its own. When a computation throws, its supervisor restarts it and the server hands the work out again.
/// </summary>
public sealed class DataShardActor : ReceiveActor
{
    private readonly IActorRef _server;
    private readonly ShardComputation _computation;
    private readonly ComputingClock _clock = new();
    private ShardState _state;

    /// <summary>A shard that joins the server when it starts.</summary>
    public DataShardActor(ShardId id, IActorRef server, ShardComputation computation)
    {
        _server = server;
        _computation = computation;
        _state = new(id, Incarnation: 0);
        Receive<TrainingProtocol.DoWork>(Work);
    }

    /// <summary>How to make one; a restart gets a fresh computation.</summary>
    public static Props Props(
        ShardId id, IActorRef server, TrainingPlan plan, Dataset data, IMatMul matMul, string dispatcher,
        VectorMemory? memory = null) =>
        Akka.Actor.Props.Create(() => new DataShardActor(id, server, new ShardComputation(plan, data, matMul, memory)))
            .WithDispatcher(dispatcher);

    /// <inheritdoc/>
    protected override void PreStart() => _server.Tell(new TrainingProtocol.JoinTraining(_state.Id));

    /// <summary>Says what was lost. The shard stays a member: it comes back under the same name.</summary>
    protected override void PreRestart(Exception reason, object message)
    {
        if (message is TrainingProtocol.DoWork work)
            _server.Tell(new TrainingProtocol.WorkThrew(
                _state.Id, work.Order.Key, $"{reason.GetType().Name}: {reason.Message}"));
    }

    /// <summary>Nothing: the server still knows this shard.</summary>
    protected override void PostRestart(Exception reason)
    {
    }

    /// <summary>Other shards may wait for this one's part of a step.</summary>
    protected override void PostStop() => _computation.Leave();

    private void Work(TrainingProtocol.DoWork message)
    {
        (_state, var order) = DataShard.Step(_state, message.Order);
        if (order is null) return;
        try
        {
            var answer = _computation.Answer(_clock.Start(order), message.Progress);
            _server.Tell(new TrainingProtocol.WorkDone(_state.Id, answer with { Computing = _clock.Elapsed }));
        }
        catch (OperationCanceledException e)
        {
            // What it waited for went with the way to the server: no fault of the shard's.
            _server.Tell(new TrainingProtocol.WorkThrew(_state.Id, order.Key, e.Message));
        }
    }
}
