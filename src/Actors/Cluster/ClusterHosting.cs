using Akka.Actor.Setup;
using Akka.Cluster.Tools.Singleton;
using Akka.Event;
using Akka.Hosting;

namespace ActorTrain.Actors;

/// <summary>Makes an Akka.Hosting actor system a node of a training cluster.</summary>
public static class ClusterHosting
{
    /// <summary>
    /// Remoting, membership, failure detection, downing, serialization and their hardening. A node without seed nodes
    /// forms a cluster of its own.
    /// </summary>
    /// <param name="akka">The actor system's builder.</param>
    /// <param name="settings">How this process takes part.</param>
    /// <param name="end">Learns why the node is out of the cluster.</param>
    /// <param name="tls">
    /// Akka.Remote's TLS identity and rule; given with <see cref="ClusterSettings.Tls"/> only.
    /// </param>
    /// <exception cref="ArgumentException">The settings are invalid; the message names every mistake.</exception>
    public static AkkaConfigurationBuilder WithActorTrainCluster(
        this AkkaConfigurationBuilder akka, ClusterSettings settings, ClusterEnd end, Setup? tls = null)
    {
        var errors = settings.Errors().ToList();
        if (errors.Count > 0) throw new ArgumentException(string.Join(Environment.NewLine, errors), nameof(settings));
        if (tls is null != settings.Tls is null)
            throw new ArgumentException("Give a TLS setup exactly when the settings have TLS files.", nameof(tls));
        if (tls is not null) akka.AddSetup(tls);
        return akka
            .AddHocon(ClusterHocon.Of(settings), HoconAddMode.Prepend)
            // Before the system starts: its serializers are made once.
            .AddHocon(ClusterSingleton.DefaultConfig(), HoconAddMode.Append)
            .ConfigureLoggers(loggers =>
            {
                loggers.LogLevel = LogLevel.WarningLevel;
                loggers.ClearLoggers();
                loggers.AddLogger<QuietLogger>();
            })
            .AddStartup((system, _) =>
            {
                end.Watch(system);
                var cluster = Akka.Cluster.Cluster.Get(system);
                if (settings.SeedNodes.IsEmpty) cluster.Join(cluster.SelfAddress);
            });
    }

    /// <summary>The way to the parameter server, wherever it is.</summary>
    /// <typeparam name="TKey">Names the proxy in the actor registry.</typeparam>
    /// <param name="akka">The actor system's builder.</param>
    public static AkkaConfigurationBuilder WithServerProxy<TKey>(this AkkaConfigurationBuilder akka) => akka
        .WithActors((system, registry) => registry.Register<TKey>(system.ActorOf(
            ClusterSingletonProxy.Props(
                $"/user/{ClusterHocon.SingletonName}", ClusterSingletonProxySettings.Create(system)),
            $"{ClusterHocon.SingletonName}-proxy")));
}
