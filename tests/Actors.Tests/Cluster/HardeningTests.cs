using ActorTrain.Actors.Protocol;
using ActorTrain.Actors.Tests.Protocol;
using Akka.Actor;
using Akka.Configuration;
using Akka.Hosting;
using Microsoft.Extensions.DependencyInjection;
using static ActorTrain.Actors.Protocol.ClusterProtocol;

namespace ActorTrain.Actors.Tests.Cluster;

/// <summary>What a peer that may connect, but keeps to none of our rules, can do to a node: nothing.</summary>
[Collection(ClusterCollection.Name)]
public sealed class HardeningTests(ITestOutputHelper output) : IAsyncLifetime
{
    // Akka's defaults, and our serializer so that it can also say what is allowed.
    private readonly ActorSystem _lax = ActorSystem.Create(
        ActorTrainServices.ActorSystemName,
        ConfigurationFactory.ParseString($$"""
        akka {
          actor {
            provider = cluster
            serializers.wire = "{{typeof(WireSerializer).FullName}}, ActorTrain.Actors"
            serialization-bindings {
              "{{typeof(IWireMessage).FullName}}, ActorTrain.Actors" = wire
            }
          }
          remote.dot-netty.tcp {
            hostname = "127.0.0.1"
            port = 0
            maximum-frame-size = 4000000b
            send-buffer-size = 8000000b
            receive-buffer-size = 8000000b
          }
          loglevel = OFF
          stdout-loglevel = OFF
        }
        """));

    private TestNode _node = null!;
    private IActorRef _echo = null!;
    private IActorRef _echoFromOutside = null!;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _node = await TestNode.Start(new(), akka => akka.WithActors(
            (system, _) => _echo = system.ActorOf(Props.Create<Echo>(), "echo")));
        await _node.SeesUp(1);
        _echoFromOutside = TestNode.Resolve(_lax, _echo, _node.Cluster.SelfAddress);
        await IsAlive();
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var line in _node.Log) output.WriteLine(line);
        await _lax.Terminate();
        _lax.Dispose();
        await _node.DisposeAsync();
    }

    [Fact]
    public async Task A_greeting_survives_the_wire()
    {
        Assert.Equal(Samples.Hello, await _echoFromOutside.Ask<Hello>(Samples.Hello, TimeSpan.FromSeconds(10), Ct));
        Assert.Equal([Samples.Hello, Samples.Hello], await Heard());
    }

    [Fact]
    public async Task A_type_of_the_peers_choice_is_refused_logged_once_and_changes_nothing()
    {
        _echoFromOutside.Tell(new Surprise("JSON"));
        await NothingHasChanged();
        await _node.LogsOnce("for serializer 1, which is off");
    }

    [Fact]
    public async Task A_failure_with_an_exception_of_the_peers_choice_is_refused()
    {
        _echoFromOutside.Tell(new Status.Failure(new InvalidOperationException("made by name")));
        await NothingHasChanged();
        await _node.LogsOnce("Akka's message 'STF'");
    }

    [Fact]
    public async Task PoisonPill_and_Kill_are_dropped()
    {
        _echoFromOutside.Tell(PoisonPill.Instance);
        _echoFromOutside.Tell(Kill.Instance);
        await NothingHasChanged();
        await _node.LogsOnce("Akka's message 'PP'");
        await _node.LogsOnce("Akka's message 'K'");
    }

    [Fact]
    public async Task A_peer_can_not_stop_or_suspend_an_actor_by_a_system_message()
    {
        ((IInternalActorRef)_echoFromOutside).Stop();
        ((IInternalActorRef)_echoFromOutside).Suspend();
        ((IInternalActorRef)_echoFromOutside).Restart(new InvalidOperationException("made by name"));
        await NothingHasChanged();
        await _node.LogsOnce("the system message Terminate");
        await _node.LogsOnce("the system message Recreate");
    }

    [Fact]
    public async Task A_peer_can_watch_an_actor_after_its_other_system_messages_were_refused()
    {
        ((IInternalActorRef)_echoFromOutside).Stop();
        var watch = _echoFromOutside.WatchAsync(Ct);
        await Task.Delay(500, Ct);
        Assert.False(watch.IsCompleted);
        await IsAlive();
        _node.System.Stop(_echo);
        Assert.True(await watch.WaitAsync(TimeSpan.FromSeconds(20), Ct));
    }

    [Fact]
    public async Task Only_listed_paths_can_be_selected()
    {
        _lax.ActorSelection(_echo.Path.ToStringWithAddress(_node.Cluster.SelfAddress)).Tell(Samples.Hello);
        await NothingHasChanged();
    }

    [Fact]
    public async Task A_peer_can_not_deploy_an_actor()
    {
        Deployed.Instances = 0;
        var props = Props.Create<Deployed>().WithDeploy(new(new RemoteScope(_node.Cluster.SelfAddress)));
        _lax.ActorOf(props).Tell("hello");
        await NothingHasChanged();
        Assert.Equal(0, Deployed.Instances);
    }

    [Fact]
    public async Task A_message_that_is_too_long_is_refused_by_the_sender()
    {
        var outside = _lax.ActorOf(Props.Create<Echo>());
        var back = TestNode.Resolve(_node.System, outside, Akka.Cluster.Cluster.Get(_lax).SelfAddress);
        back.Tell(Samples.Welcome with { RecipeJson = new('r', WireLimits.MaxRecipeBytes + 1) });
        Assert.Equal(Samples.Welcome, await back.Ask<Welcome>(Samples.Welcome, TimeSpan.FromSeconds(10), Ct));
        await _node.LogsOnce("recipe's length is 262145, not 0 to 262144");
    }

    [Fact]
    public async Task A_frame_that_is_too_long_costs_its_sender_the_connection_and_changes_nothing()
    {
        _echoFromOutside.Tell(new byte[WireLimits.MaxFrameBytes]);
        await _node.LogsOnce("Adjusted frame length exceeds");
        Assert.Equal([Samples.Hello], await Heard());
    }

    /// <summary>What was sent before this arrives before it: messages of one pair keep their order.</summary>
    private async Task NothingHasChanged()
    {
        await IsAlive();
        Assert.Equal([Samples.Hello, Samples.Hello], await Heard());
    }

    private async Task IsAlive() => await _echoFromOutside.Ask<Hello>(Samples.Hello, TimeSpan.FromSeconds(10), Ct);

    private async Task<IReadOnlyList<object>> Heard() =>
        await _echo.Ask<IReadOnlyList<object>>(WhatWasHeard.Instance, TimeSpan.FromSeconds(10), Ct);

    private sealed record Surprise(string Text);

    private sealed record WhatWasHeard
    {
        public static WhatWasHeard Instance { get; } = new();
    }

    private sealed class Echo : ReceiveActor
    {
        private readonly List<object> _heard = [];

        public Echo()
        {
            Receive<WhatWasHeard>(_ => Sender.Tell((object[])[.. _heard]));
            ReceiveAny(message =>
            {
                _heard.Add(message);
                Sender.Tell(message);
            });
        }
    }

    private sealed class Deployed : ReceiveActor
    {
        public static int Instances;

        public Deployed() => Interlocked.Increment(ref Instances);
    }
}
