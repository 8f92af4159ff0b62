using System.Collections.Concurrent;
using ActorTrain.Actors.Protocol;
using Akka.Actor;
using Akka.Actor.Setup;
using Akka.Cluster;
using Akka.Cluster.Tools.Singleton;
using Akka.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using static ActorTrain.Actors.Protocol.ClusterProtocol;

namespace ActorTrain.Actors.Tests.Cluster;

/// <summary>A node of a cluster in this process, on a free port of 127.0.0.1, as a host would run it.</summary>
internal sealed class TestNode : IAsyncDisposable
{
    private readonly IHost _host;

    private TestNode(IHost host) => _host = host;

    public ConcurrentQueue<string> Log { get; } = new();

    public ClusterEnd End { get; } = new();

    public ActorSystem System => _host.Services.GetRequiredService<ActorSystem>();

    public Akka.Cluster.Cluster Cluster => Akka.Cluster.Cluster.Get(System);

    /// <summary>HOST:PORT.</summary>
    public string Address => $"{Cluster.SelfAddress.Host}:{Cluster.SelfAddress.Port}";

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    /// <summary>A node of role server, which forms a cluster of its own without seed nodes.</summary>
    public static Task<TestNode> Server(params string[] seeds) => Start(new() { SeedNodes = [.. seeds] }, akka => akka
        .WithServerProxy<TestServer>()
        .WithActors((system, _) => system.ActorOf(
            ClusterSingletonManager.Props(
                Props.Create<TestServer>(), Leave.Instance, ClusterSingletonManagerSettings.Create(system)),
            ClusterHocon.SingletonName)));

    public static Task<TestNode> Worker(params string[] seeds) => Start(
        new() { Roles = [ClusterSettings.WorkerRole], SeedNodes = [.. seeds] },
        akka => akka.WithServerProxy<TestServer>());

    public static async Task<TestNode> Start(
        ClusterSettings settings, Action<AkkaConfigurationBuilder> configure, Setup? tls = null)
    {
        TestNode? node = null;
        var builder = Host.CreateApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.Services.AddLogging(logging => logging.AddProvider(new Recorder(line => node!.Log.Enqueue(line))));
        builder.Services.AddAkka(
            ActorTrainServices.ActorSystemName,
            akka => configure(akka.WithActorTrainCluster(settings, node!.End, tls)));
        var host = builder.Build();
        node = new(host);
        await host.StartAsync(Ct);
        return node;
    }

    /// <summary>Waits until this node sees so many members that are up.</summary>
    public Task SeesUp(int members) =>
        Until(() => Cluster.State.Members.Count(m => m.Status == MemberStatus.Up) == members);

    /// <summary>
    /// Asks the parameter server, wherever it is, for the address of its node; again and again, for what the proxy
    /// sends to a dead server is lost.
    /// </summary>
    public async Task<string> ServerAddress()
    {
        var proxy = await _host.Services.GetRequiredService<IActorRegistry>().GetAsync<TestServer>(Ct);
        var hello = new Hello(ClusterProtocol.Version, "0", "a", 1, "", "", []);
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                return (await proxy.Ask<Refused>(hello, TimeSpan.FromSeconds(0.5), Ct)).Reason;
            }
            catch (AskTimeoutException) when (attempt < 60)
            {
            }
        }
    }

    /// <summary>An actor of another node, without asking it first.</summary>
    public static IActorRef Resolve(ActorSystem from, IActorRef actor, Address at) =>
        ((ExtendedActorSystem)from).Provider.ResolveActorRef(actor.Path.ToSerializationFormatWithAddress(at));

    public static async Task Until(Func<bool> condition, int seconds = 20)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(Ct);
        timeout.CancelAfter(TimeSpan.FromSeconds(seconds));
        while (!condition()) await Task.Delay(20, timeout.Token);
    }

    /// <summary>Waits for a line with this text, and checks that it is the only one.</summary>
    public async Task LogsOnce(string text)
    {
        await Until(() => Log.Any(IsIt));
        Assert.Single(Log, IsIt);

        bool IsIt(string line) => line.Contains(text, StringComparison.Ordinal);
    }

    /// <summary>Ends at once, saying goodbye to nobody: as near to a killed process as this one can do.</summary>
    public void Abort() => ((ExtendedActorSystem)System).Abort();

    public Task Stop() => _host.StopAsync(Ct);

    public async ValueTask DisposeAsync()
    {
        await _host.StopAsync(CancellationToken.None);
        _host.Dispose();
    }

    /// <summary>What a server says when it is to hand over.</summary>
    private sealed record Leave
    {
        public static Leave Instance { get; } = new();
    }

    /// <summary>Stands for the parameter server: answers with its node's address.</summary>
    private sealed class TestServer : ReceiveActor
    {
        public TestServer()
        {
            var self = Akka.Cluster.Cluster.Get(Context.System).SelfAddress;
            Receive<Hello>(_ => Sender.Tell(new Refused($"{self.Host}:{self.Port}")));
            Receive<Leave>(_ => Context.Stop(Self));
        }
    }

    private sealed class Recorder(Action<string> record) : ILoggerProvider, ILogger
    {
        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Warning;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception,
            Func<TState, Exception?, string> formatter) =>
            record($"{logLevel}: {formatter(state, exception)} {exception?.Message}");

        public void Dispose()
        {
        }
    }
}
