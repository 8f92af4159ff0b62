using System.Threading.Channels;
using ActorTrain.Actors.Protocol;
using Akka.Actor;
using Microsoft.Extensions.Hosting;

namespace ActorTrain.Actors;

/// <summary>
/// This process as a node of a training cluster, a hosted service. Ask for it from the services to wait for its
/// <see cref="Completion"/>.
/// </summary>
public sealed class ClusterNode : BackgroundService
{
    private readonly NodeJob _job;
    private readonly NodeNews _news;
    private readonly ActorSystem _system;

    internal ClusterNode(NodeJob job, NodeNews news, ActorSystem system, ClusterEnd end)
    {
        (_job, _news, _system) = (job, news, system);
        _ = end.Completion.ContinueWith(t => news.End(new NodeEnd.OutOfCluster(t.Result)), TaskScheduler.Default);
    }

    /// <summary>Completes when the node is done, for whatever reason; all its events have been told by then.</summary>
    public Task<NodeEnd> Completion => _news.Completion;

    /// <summary>
    /// Ends the run after its current step, for all nodes, when this node is its server; else nothing happens.
    /// </summary>
    public void StopRun()
    {
        // First: a server that is not there yet, or still loads, asks for it when it begins.
        _news.IsStopRequested = true;
        _system.ActorSelection($"/user/{ClusterHocon.SingletonName}/{ClusterHocon.SingletonName}")
            .Tell(TrainingProtocol.StopTraining.Instance);
    }

    /// <summary>
    /// Waits for nothing: the end comes when the actor system has stopped, which the host stops after this.
    /// </summary>
    public override Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    protected override Task ExecuteAsync(CancellationToken stoppingToken) => _news.Read(_job.Training.OnEvent);
}

/// <summary>What happens on a node, from its actors to whoever watches.</summary>
internal sealed class NodeNews
{
    private readonly TaskCompletionSource<NodeEnd> _completion =
        new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Channel<TrainingEvent> _events = Channel.CreateUnbounded<TrainingEvent>(
        new() { SingleReader = true });
    private volatile bool _isStopRequested;
    private NodeEnd? _end;

    /// <summary>True when the run is to end, whether its server is there already or not.</summary>
    public bool IsStopRequested
    {
        get => _isStopRequested;
        set => _isStopRequested = value;
    }

    /// <summary>To tell an event.</summary>
    public ChannelWriter<TrainingEvent> Events => _events.Writer;

    /// <summary>Completes when all events have been read and there is an end.</summary>
    public Task<NodeEnd> Completion => _completion.Task;

    /// <summary>The node is done; the first reason counts.</summary>
    public void End(NodeEnd end)
    {
        if (Interlocked.CompareExchange(ref _end, end, null) is null) _events.Writer.TryComplete();
    }

    /// <summary>Reads events until there is an end.</summary>
    public async Task Read(Action<TrainingEvent> onEvent)
    {
        try
        {
            await foreach (var @event in _events.Reader.ReadAllAsync(CancellationToken.None)) onEvent(@event);
            _completion.TrySetResult(_end!);
        }
        catch (Exception e)
        {
            _completion.TrySetException(e);
        }
    }
}
