using ActorTrain.Actors;
using ActorTrain.Actors.Security;
using Akka;
using Akka.Actor;
using Akka.Cluster.Tools.Singleton;
using Akka.Hosting;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>ActorTrain in any .NET application.</summary>
public static class ActorTrainServices
{
    // Longer than a link's farewell, shorter than Akka's 5 s for a phase.
    private static readonly TimeSpan TimeToLeave = TimeSpan.FromSeconds(4);

    /// <summary>The name of the actor system.</summary>
    public const string ActorSystemName = "actortrain";

    /// <summary>
    /// Adds a training run that starts with the host. <see cref="TrainingRun"/> is how to wait for it.
    /// </summary>
    /// <param name="services">The application's services.</param>
    /// <param name="job">What to train.</param>
    public static IServiceCollection AddActorTrain(this IServiceCollection services, TrainingJob job) =>
        services.AddActorTrain(_ => job);

    /// <summary>The same, for a job that is made from other services.</summary>
    public static IServiceCollection AddActorTrain(
        this IServiceCollection services, Func<IServiceProvider, TrainingJob> job)
    {
        services.AddSingleton(job);
        services.AddSingleton<TrainingRun>();
        services.AddActorTrainSystem(provider => provider.GetRequiredService<TrainingJob>().Shards);
        // After Akka, so that a stopping host ends the run first and the actor system afterwards.
        services.AddHostedService(provider => provider.GetRequiredService<TrainingRun>());
        return services;
    }

    /// <summary>
    /// Adds the actor system alone, for an application that makes its <see cref="TrainingRun"/> by itself, later than
    /// the system starts: for example while the data is still being read.
    /// </summary>
    /// <param name="services">The application's services.</param>
    /// <param name="shards">Data shards that the run will have.</param>
    public static IServiceCollection AddActorTrainSystem(
        this IServiceCollection services, Func<IServiceProvider, int> shards)
    {
        services.TryAddSingleton(TimeProvider.System);
        return services.AddAkka(ActorSystemName, (akka, provider) => akka
            .AddHocon(ActorTrainDispatchers.Hocon(shards(provider)), HoconAddMode.Append)
            // The host stops the run first, with a checkpoint; Akka must not end on the same signal by itself.
            .AddHocon("akka.coordinated-shutdown.run-by-clr-shutdown-hook = off", HoconAddMode.Prepend)
            .ConfigureLoggers(LogByFactory));
    }

    /// <summary>
    /// Makes the application a node of a training cluster, from the start of its host on. <see cref="ClusterNode"/> is
    /// how to wait for it.
    /// </summary>
    /// <param name="services">The application's services.</param>
    /// <param name="job">What the node is to do.</param>
    /// <exception cref="ArgumentException">The job is invalid; the message names every mistake.</exception>
    public static IServiceCollection AddActorTrainNode(this IServiceCollection services, NodeJob job)
    {
        var errors = job.Errors().ToList();
        if (errors.Count > 0) throw new ArgumentException(string.Join(Environment.NewLine, errors), nameof(job));
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(_ => new NodeNews());
        services.AddSingleton<ClusterEnd>();
        services.AddSingleton(provider => new ClusterNode(
            job, provider.GetRequiredService<NodeNews>(), provider.GetRequiredService<ActorSystem>(),
            provider.GetRequiredService<ClusterEnd>()));
        services.AddAkka(ActorSystemName, (akka, provider) =>
        {
            var (time, news) = (provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<NodeNews>());
            var tls = job.Identity is null ? null : new ClusterTls(job.Identity, time);
            var context = new NodeContext(
                job.Cluster, job.Training, job.WorkersToBegin, tls, time, news.Events, news.End,
                () => news.IsStopRequested);
            akka.AddHocon(ActorTrainDispatchers.Hocon(Math.Max(1, job.Training.Shards)), HoconAddMode.Append)
                .WithActorTrainCluster(
                    job.Cluster, provider.GetRequiredService<ClusterEnd>(),
                    job.Identity is null ? null : AkkaTls.Setup(job.Identity, time))
                .WithNodeActors(context);
        });
        services.AddHostedService(provider => provider.GetRequiredService<ClusterNode>());
        return services;
    }

    private static void LogByFactory(LoggerConfigBuilder loggers)
    {
        loggers.ClearLoggers();
        loggers.AddLoggerFactory();
    }

    private static AkkaConfigurationBuilder WithNodeActors(this AkkaConfigurationBuilder akka, NodeContext node)
    {
        if (node.Cluster.Roles.Contains(ClusterSettings.HolderRole))
        {
            return akka.WithServerProxy<ServerNodeActor>().WithActors((system, registry) => LeaveFirst(
                system, system.ActorOf(HolderSessionActor.Props(node, registry.Get<ServerNodeActor>()), "holder"),
                ServerSessionActor.Leave.Instance));
        }
        if (!node.Cluster.Roles.Contains(ClusterSettings.ServerRole))
        {
            return akka.WithServerProxy<ServerNodeActor>().WithActors((system, registry) =>
            {
                var proxy = registry.Get<ServerNodeActor>();
                if (node.Cluster.Through is not null) proxy = system.ActorOf(RouteActor.Props(node, proxy), "route");
                LeaveFirst(
                    system, system.ActorOf(WorkerSessionActor.Props(node, proxy), ClusterHocon.SessionName),
                    ServerSessionActor.Leave.Instance);
            });
        }
        // The stand-by first: the server of this node asks it whether there is something to go on from.
        return akka.WithServerProxy<ServerNodeActor>()
            .WithActors((system, registry) =>
            {
                var standby = node.Training.Checkpoints is { } folder
                    ? LeaveFirst(
                        system, system.ActorOf(
                            StandbyActor.Props(node, folder, registry.Get<ServerNodeActor>()),
                            ClusterHocon.StandbyName), StandbyActor.Leave.Instance)
                    : ActorRefs.Nobody;
                system.ActorOf(ClusterSingletonManager.Props(
                    ServerNodeActor.Props(node, standby), ServerNodeActor.Leave.Instance,
                    ClusterSingletonManagerSettings.Create(system)),
                    ClusterHocon.SingletonName);
            });
    }

    // Before the node leaves the cluster: else the server may hear of that first, and not why.
    private static IActorRef LeaveFirst(ActorSystem system, IActorRef actor, object leave)
    {
        CoordinatedShutdown.Get(system).AddTask(
            CoordinatedShutdown.PhaseServiceUnbind, $"{actor.Path.Name} leaves",
            () => actor.GracefulStop(TimeToLeave, leave).ContinueWith(_ => Done.Instance, TaskScheduler.Default));
        return actor;
    }
}
