using System.Collections.Immutable;
using System.Globalization;
using ActorTrain.Actors.Protocol;
using Microsoft.Extensions.DependencyInjection;

namespace ActorTrain.Actors;

/// <summary>Akka's configuration for a node of a cluster, as text. Pure.</summary>
public static class ClusterHocon
{
    /// <summary>Name of the parameter server as a singleton, and of its manager under <c>/user</c>.</summary>
    public const string SingletonName = "parameter-server";

    /// <summary>Name of a worker node's session under <c>/user</c>; to an aggregator's its members say hello.</summary>
    public const string SessionName = "worker";

    /// <summary>Name of a node's stand-by under <c>/user</c>.</summary>
    public const string StandbyName = "standby";

    private static readonly TimeSpan TimeToFindOthers = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan ForEver = TimeSpan.FromDays(365);

    // A worker started a moment before its server asks again soon; but after the gate, which would take the question.
    private static readonly TimeSpan AsksAgainAfter = TimeSpan.FromSeconds(1.5);

    /// <summary>
    /// What a peer may select by path: what Akka.Cluster and the singleton need, and the stand-by, which hears that the
    /// run is over before it has said hello; nothing else.
    /// </summary>
    public static ImmutableArray<string> TrustedPaths { get; } =
    [
        "/system/cluster/core/daemon",
        "/system/cluster/heartbeatReceiver",
        $"/user/{SingletonName}",
        $"/user/{SingletonName}/{SingletonName}",
        $"/user/{StandbyName}",
    ];

    private static IEnumerable<string> TrustedPathsOf(ClusterSettings settings) =>
        settings.IsAggregator ? TrustedPaths.Append($"/user/{SessionName}") : TrustedPaths;

    // An aggregator's name is a role too, by which its members find it.
    private static IEnumerable<string> RolesOf(ClusterSettings settings) =>
        settings.IsAggregator ? settings.Roles.Append(AggregatorRole.Of(settings.Name)) : settings.Roles;

    /// <summary>The whole configuration, to be put before Akka's defaults.</summary>
    /// <param name="settings">Without <see cref="ClusterSettings.Errors"/>.</param>
    public static string Of(ClusterSettings settings) => $$"""
        akka {
          stdout-logger-class = {{TypeName<NoLogger>()}}
          actor {
            provider = cluster
        {{Serialization}}
          }
          remote {
            # Off are remote deployment, PoisonPill and Kill from outside, and selections of other paths.
            untrusted-mode = on
            trusted-selection-paths = {{List(TrustedPathsOf(settings))}}
            retry-gate-closed-for = 1s
            log-remote-lifecycle-events = WARNING
            log-frame-size-exceeding = {{WireLimits.MaxChunkPayloadBytes * 2}}b
            dot-netty.tcp {
              hostname = {{Quoted(settings.Host)}}
              port = {{settings.Port}}
              public-hostname = {{Quoted(settings.PublicHost ?? settings.Host)}}
              maximum-frame-size = {{WireLimits.MaxFrameBytes}}b
              send-buffer-size = {{2 * WireLimits.MaxFrameBytes}}b
              receive-buffer-size = {{2 * WireLimits.MaxFrameBytes}}b
              enable-ssl = {{OnOff(settings.Tls is not null)}}
              ssl {
                suppress-validation = off
                require-mutual-authentication = on
              }
            }
          }
          cluster {
            roles = {{List(RolesOf(settings))}}
            seed-nodes = {{List(settings.SeedNodes.Select(seed => AddressOf(settings, seed)))}}
            # The first seed node forms a cluster after this time, if all others are silent; they ask again after it.
            seed-node-timeout = {{Seconds(SeedNodeTimeout(settings))}}
            retry-unsuccessful-join-after = 1s
            # Half of Akka's: each is waited for between a death and the next server.
            gossip-interval = 500ms
            leader-actions-interval = 500ms
            unreachable-nodes-reaper-interval = 500ms
            shutdown-after-unsuccessful-join-seed-nodes = {{(settings.JoinTimeout is { } join ? Seconds(join) : "off")}}
            run-coordinated-shutdown-when-down = on
            downing-provider-class = "Akka.Cluster.SBR.SplitBrainResolverProvider, Akka.Cluster"
            down-removal-margin = {{Seconds(settings.RemovalMargin)}}
            failure-detector {
              heartbeat-interval = {{Seconds(settings.HeartbeatInterval)}}
              acceptable-heartbeat-pause = {{Seconds(PauseOf(settings))}}
              expected-response-after = {{Seconds(settings.HeartbeatInterval)}}
            }
            split-brain-resolver {
              active-strategy = keep-majority
              stable-after = {{Seconds(settings.StableAfter)}}
              down-all-when-unstable = off
              keep-majority.role = {{ClusterSettings.ServerRole}}
            }
            singleton {
              singleton-name = {{SingletonName}}
              role = {{ClusterSettings.ServerRole}}
            }
            singleton-proxy {
              singleton-name = {{SingletonName}}
              role = {{ClusterSettings.ServerRole}}
              singleton-identification-interval = 500ms
              # It would say at once that it found nothing after 30 seconds.
              log-singleton-identification-failure = off
            }
          }
          coordinated-shutdown {
            exit-clr = off
            terminate-actor-system = on
            # The host stops first; Akka must not end on the same signal by itself.
            run-by-clr-shutdown-hook = off
          }
        }
        """;

    /// <summary>A seed node's address, for plain TCP or TLS.</summary>
    /// <param name="settings">Says which.</param>
    /// <param name="seed">HOST:PORT.</param>
    public static string AddressOf(ClusterSettings settings, string seed) =>
        $"akka.{(settings.Tls is null ? "tcp" : "ssl.tcp")}://{ActorTrainServices.ActorSystemName}@{seed}";

    private static TimeSpan SeedNodeTimeout(ClusterSettings settings) =>
        !settings.IsFirstSeed ? AsksAgainAfter : settings.FormsClusterAlone ? TimeToFindOthers : ForEver;

    // Akka downs a server that some busy node finds unreachable, whenever the server itself finds another node so (it
    // calls that "indirectly connected"). So a node that is no server waits longer before it says so.
    private static TimeSpan PauseOf(ClusterSettings settings) =>
        settings.AcceptablePause * (settings.Roles.Contains(ClusterSettings.ServerRole) ? 1 : 3);

    private static string Serialization => $$"""
            serializers {
              wire = {{TypeName<WireSerializer>()}}
              akka-misc = {{TypeName<GuardedMiscSerializer>()}}
              akka-system-msg = {{TypeName<GuardedSystemSerializer>()}}
              json = {{TypeName<RefusingSerializer>()}}
              proto = {{TypeName<RefusingSerializer>()}}
              daemon-create = {{TypeName<RefusingSerializer>()}}
              reliable-delivery = {{TypeName<RefusingSerializer>()}}
            }
            serialization-bindings {
              {{TypeName<IWireMessage>()}} = wire
            }
            serialization-settings {
              allow-unregistered-types = off
              json.identifier = 1
              proto.identifier = 2
              daemon-create.identifier = 3
              reliable-delivery.identifier = 36
            }
        """;

    private static string TypeName<T>() => Quoted($"{typeof(T).FullName}, {typeof(T).Assembly.GetName().Name}");

    private static string List(IEnumerable<string> items) => $"[{string.Join(", ", items.Select(Quoted))}]";

    private static string Quoted(string text) => $"\"{text}\"";

    private static string OnOff(bool on) => on ? "on" : "off";

    private static string Seconds(TimeSpan time) =>
        string.Create(CultureInfo.InvariantCulture, $"{time.TotalMilliseconds:0}ms");
}
