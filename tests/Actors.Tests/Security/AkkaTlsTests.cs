using System.Collections.Concurrent;
using System.Security.Cryptography.X509Certificates;
using ActorTrain.Actors.Security;
using Akka.Actor;
using Akka.Configuration;
using Akka.Event;

namespace ActorTrain.Actors.Tests.Security;

/// <summary>Akka.Remote takes and refuses the same peers as the bulk path.</summary>
public class AkkaTlsTests
{
    [Fact]
    public async Task Two_nodes_of_the_cluster_talk()
    {
        using var server = new RemoteNode(TestCertificates.Node);
        using var worker = new RemoteNode(TestCertificates.Node);
        Assert.NotNull(await worker.Find(server, TimeSpan.FromSeconds(20)));
    }

    [Theory]
    [InlineData(nameof(TestCertificates.Foreign), "its certificate is not from this cluster's authority")]
    [InlineData(nameof(TestCertificates.Expired), "its certificate expired at ")]
    [InlineData(nameof(TestCertificates.OfAnotherHost), "its certificate is for another host than 127.0.0.1")]
    public async Task A_peer_is_refused_on_whichever_side_it_stands(string certificate, string reason)
    {
        using var node = new RemoteNode(TestCertificates.Node);
        using var stranger = new RemoteNode(TestCertificates.Named(certificate));
        Assert.Null(await node.Find(stranger, TimeSpan.FromSeconds(3)));
        Assert.Null(await stranger.Find(node, TimeSpan.FromSeconds(3)));
        var refusal = Assert.Single(node.Refusals);
        Assert.StartsWith($"cluster: refused 127.0.0.1: {reason}", refusal, StringComparison.Ordinal);
    }

    private sealed class RemoteNode : IDisposable
    {
        private const string Configuration = """
            akka {
              loglevel = WARNING
              stdout-loglevel = OFF
              loggers = []
              actor.provider = remote
              remote.dot-netty.tcp {
                hostname = "127.0.0.1"
                port = 0
                enable-ssl = true
              }
            }
            """;

        private readonly ActorSystem _system;

        public RemoteNode(X509Certificate2 certificate)
        {
            var setup = BootstrapSetup.Create().WithConfig(ConfigurationFactory.ParseString(Configuration));
            var tls = AkkaTls.Setup(TestCertificates.Identity(certificate), TimeProvider.System);
            _system = ActorSystem.Create("actortrain", setup.And(tls));
            var listener = _system.ActorOf(Props.Create(() => new Listener(Refusals)), "listener");
            _system.EventStream.Subscribe(listener, typeof(Warning));
        }

        public ConcurrentQueue<string> Refusals { get; } = [];

        public async Task<IActorRef?> Find(RemoteNode other, TimeSpan patience)
        {
            try
            {
                var address = ((ExtendedActorSystem)other._system).Provider.DefaultAddress;
                return await _system.ActorSelection($"{address}/user/listener").ResolveOne(
                    patience, TestContext.Current.CancellationToken);
            }
            catch (ActorNotFoundException)
            {
                return null;
            }
        }

        public void Dispose()
        {
            _system.Terminate().Wait(TimeSpan.FromSeconds(20));
            _system.Dispose();
        }
    }

    private sealed class Listener : ReceiveActor
    {
        public Listener(ConcurrentQueue<string> refusals) => Receive<Warning>(warning =>
        {
            var text = warning.Message.ToString()!;
            if (text.StartsWith("cluster: refused", StringComparison.Ordinal)) refusals.Enqueue(text);
        });
    }
}
