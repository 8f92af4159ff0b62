using System.Diagnostics;
using ActorTrain.Actors;
using ActorTrain.Actors.Protocol;
using Akka.Actor;
using Akka.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace ActorTrain.Benchmarks;

/// <summary>
/// What the smallest message between two processes costs through Akka.Remote: why nothing that every step needs goes
/// that way.
/// </summary>
internal static class WireBenchmark
{
    private const int Rounds = 5;
    private const int RoundTrips = 2000;

    // As an order would be: a bulk header and nothing else.
    private static readonly ClusterProtocol.BulkChunk Order =
        new(Stream: 1, Index: 0, Count: 1, new byte[WireLimits.BulkHeaderBytes]);

    /// <summary>Batching on and off in turn, each time with a new process at the other end.</summary>
    public static void Run()
    {
        Console.WriteLine("a message of 64 bytes and its echo through Akka.Remote, between two processes");
        Console.WriteLine($"{"batching",-10}{"median µs",12}{"99 % µs",12}{"bytes allocated here, a round trip",38}");
        for (var round = 0; round < Rounds; round++)
            foreach (var batching in new[] { "on", "off" })
                Measure(batching);
    }

    /// <summary>The other process: says where it is, and echoes until its input ends.</summary>
    public static void Echo(string batching)
    {
        using var system = Start(batching);
        var echo = system.ActorOf(Props.Create<EchoActor>());
        Console.WriteLine(echo.Path.ToSerializationFormatWithAddress(Akka.Cluster.Cluster.Get(system).SelfAddress));
        while (Console.ReadLine() is not null)
        {
        }
        system.Terminate().Wait();
    }

    private static void Measure(string batching)
    {
        using var other = OtherProcess.Start("wire-echo", batching);
        var path = other.StandardOutput.ReadLine()!;
        using var system = Start(batching);
        var echo = ((ExtendedActorSystem)system).Provider.ResolveActorRef(path);
        Ping(system, echo);
        var allocated = GC.GetTotalAllocatedBytes(precise: true);
        var times = Ping(system, echo);
        allocated = GC.GetTotalAllocatedBytes(precise: true) - allocated;
        Array.Sort(times);
        Console.WriteLine(
            $"{batching,-10}{times[RoundTrips / 2],12:0}{times[RoundTrips * 99 / 100],12:0}"
            + $"{allocated / RoundTrips,38:n0}");
        system.Terminate().Wait();
        other.StandardInput.Close();
        other.WaitForExit();
    }

    private static double[] Ping(ActorSystem system, IActorRef echo)
    {
        var done = new TaskCompletionSource<double[]>();
        system.ActorOf(Props.Create(() => new PingActor(echo, done)));
        return done.Task.Result;
    }

    private static ActorSystem Start(string batching) => ActorSystem.Create(
        ActorTrainServices.ActorSystemName,
        ConfigurationFactory
            .ParseString($"akka.remote.dot-netty.tcp.batching.enabled = {batching}\nakka.loglevel = ERROR")
            .WithFallback(ConfigurationFactory.ParseString(ClusterHocon.Of(new ClusterSettings()))));

    private sealed class EchoActor : ReceiveActor
    {
        public EchoActor() => Receive<IWireMessage>(message => Sender.Tell(message));
    }

    private sealed class PingActor : ReceiveActor
    {
        private readonly double[] _micros = new double[RoundTrips];
        private readonly IActorRef _echo;
        private int _count;
        private long _sent;

        public PingActor(IActorRef echo, TaskCompletionSource<double[]> done)
        {
            _echo = echo;
            Receive<IWireMessage>(_ =>
            {
                _micros[_count++] = Stopwatch.GetElapsedTime(_sent).TotalMicroseconds;
                if (_count < RoundTrips) Send();
                else done.SetResult(_micros);
            });
        }

        protected override void PreStart() => Send();

        private void Send()
        {
            _sent = Stopwatch.GetTimestamp();
            _echo.Tell(Order);
        }
    }
}
