using System.Threading.Channels;
using ActorTrain.Actors.Protocol;
using ActorTrain.Server;
using Akka.Actor;
using Akka.Hosting;
using Microsoft.Extensions.Hosting;

namespace ActorTrain.Actors;

/// <summary>
/// A training run as a hosted service: it starts with the host, and when the host stops it ends after its current step,
/// with a checkpoint. Ask for it from the services to wait for its <see cref="Completion"/>.
/// </summary>
public sealed class TrainingRun : BackgroundService
{
    private readonly TaskCompletionSource<TrainingOutcome> _completion =
        new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<IActorRef> _server = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TrainingJob _job;
    private readonly ActorSystem _system;
    private readonly IActorRegistry _registry;
    private readonly TimeProvider _time;

    /// <summary>A run that begins when the host starts.</summary>
    /// <exception cref="ArgumentException">The job is invalid; the message names every mistake.</exception>
    public TrainingRun(TrainingJob job, ActorSystem system, IActorRegistry registry, TimeProvider time)
    {
        var errors = job.Errors().ToList();
        if (errors.Count > 0) throw new ArgumentException(string.Join(" ", errors), nameof(job));
        (_job, _system, _registry, _time) = (job, system, registry, time);
    }

    /// <summary>
    /// Completes when the run is over and its last checkpoint is written; fails when it could not begin.
    /// </summary>
    public Task<TrainingOutcome> Completion => _completion.Task;

    /// <summary>Ends the run after its current step.</summary>
    public async Task<TrainingOutcome> Stop()
    {
        var server = await _server.Task;
        server.Tell(TrainingProtocol.StopTraining.Instance);
        return await Completion;
    }

    /// <inheritdoc/>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        if (_server.Task.IsCompletedSuccessfully && !Completion.IsCompleted)
            await ((Task)Stop()).WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await base.StopAsync(cancellationToken);
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            var events = await Begin(stoppingToken);
            await foreach (var @event in events.ReadAllAsync(CancellationToken.None))
            {
                _job.OnEvent(@event);
                if (@event is RunEnded ended) _completion.TrySetResult(ended.Outcome);
            }
            _completion.TrySetException(new InvalidOperationException("The actor system ended before the run did."));
        }
        catch (Exception e)
        {
            _server.TrySetException(e);
            _completion.TrySetException(e);
        }
    }

    private async Task<ChannelReader<TrainingEvent>> Begin(CancellationToken cancellation)
    {
        var matMul = _job.CreateKernel(_job.Recipe.Kernel);
        var data = await _job.LoadData(cancellation);
        var plan = new TrainingPlan(_job.Recipe, data.Description);
        var events = Channel.CreateUnbounded<TrainingEvent>(new() { SingleReader = true, SingleWriter = true });
        var state = ServerState.Initial(
            plan, _job.From ?? TrainingState.Initial(_job.Recipe), incarnation: 1, _job.Shards) with
        {
            Joint = _job.JointMemoryOf(plan),
        };
        var server = _system.ActorOf(
            ParameterServerActor.Props(state, _job.Checkpoints, events.Writer, _time), "parameter-server");
        var worker = _system.ActorOf(DataShardsActor.Props(_job.Shards, server, plan, data, matMul), "worker");
        _registry.Register<ParameterServerActor>(server);
        _registry.Register<DataShardsActor>(worker);
        _server.TrySetResult(server);
        return events.Reader;
    }
}
