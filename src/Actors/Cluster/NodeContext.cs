using System.Collections.Immutable;
using System.Reflection;
using System.Threading.Channels;
using ActorTrain.Actors.Bulk;
using ActorTrain.Actors.Security;
using ActorTrain.Kernels;
using Akka.Actor;

namespace ActorTrain.Actors;

/// <summary>What all actors of one node know of it, and how they tell of it.</summary>
/// <param name="Cluster">How the node takes part.</param>
/// <param name="Training">What the node does as a server, and which data it has.</param>
/// <param name="WorkersToBegin">How many worker nodes a server waits for, or an aggregator.</param>
/// <param name="Tls">The node's identity; none: loopback only.</param>
/// <param name="Time">The clock.</param>
/// <param name="Events">Told what happens on this node.</param>
/// <param name="End">Told, once, why the node is done.</param>
/// <param name="IsStopRequested">True when somebody has asked on this node for the run to end.</param>
internal sealed record NodeContext(
    ClusterSettings Cluster, TrainingJob Training, int WorkersToBegin, ClusterTls? Tls, TimeProvider Time,
    ChannelWriter<TrainingEvent> Events, Action<NodeEnd> End, Func<bool> IsStopRequested)
{
    /// <summary>Nodes of one cluster have the same.</summary>
    public static string SoftwareVersion { get; } = typeof(NodeContext).Assembly
        .GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown";

    /// <summary>Kernels that can be had on this machine.</summary>
    public ImmutableArray<string> Kernels { get; } = [.. MatMuls.Names.Where(kernel => IsHere(Training, kernel))];

    /// <summary>Memory that nodes on this machine read from; none: it can't be had, or is not wanted.</summary>
    public SharedMemory? Shared { get; } =
        Cluster is { UsesSharedMemory: true, Transport: BulkTransport.Tcp } && Tls is null
            ? SharedMemory.TryCreate()
            : null;

    /// <summary>Where vectors lie that other nodes get; none: anywhere.</summary>
    public VectorMemory? VectorMemory => Shared is { } shared ? shared.Take : null;

    /// <summary>Tells what happened.</summary>
    public void Tell(TrainingEvent @event) => Events.TryWrite(@event);

    /// <summary>
    /// A server's recipe; none where it can't be read here, as without its layers: then the node is done.
    /// </summary>
    /// <param name="json">From the server's welcome.</param>
    public Recipe? Read(string json)
    {
        try
        {
            return RecipeJson.Read(json, Training.Layers);
        }
        catch (RecipeException e)
        {
            End(new NodeEnd.Refused($"node {Cluster.Name} can't take part: {e.Message}"));
            return null;
        }
    }

    /// <summary>A link to a server. A connection is made on a thread of its own, because connecting waits.</summary>
    /// <param name="actor">Whose owner it is; a link through Akka leads to the sender of its current message.</param>
    /// <param name="host">From the server's welcome, as the rest.</param>
    /// <param name="port">0: through Akka.</param>
    /// <param name="run">Names the run.</param>
    /// <param name="token">To be shown.</param>
    /// <param name="owner">Whose link it will be.</param>
    public Task<ILink> Connect(
        IUntypedActorContext actor, string host, int port, Guid run, BulkToken token, ILinkOwner owner)
    {
        if (port > 0)
        {
            return Task.Factory.StartNew<ILink>(
                () => BulkConnection.Connect(
                    host, port, Tls, run, token, owner, CancellationToken.None, shared: Shared),
                CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        }
        var server = actor.Sender;
        return Task.FromResult<ILink>(
            new AkkaLink(actor.ActorOf(AkkaLinkActor.Props(owner, server, (run, token))), server));
    }

    private static bool IsHere(TrainingJob training, string kernel)
    {
        try
        {
            training.CreateKernel(kernel);
            return true;
        }
        catch (KernelUnavailableException)
        {
            return false;
        }
    }
}
