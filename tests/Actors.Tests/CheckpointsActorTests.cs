using ActorTrain.Actors.Protocol;
using Akka.Actor;
using Akka.Hosting;
using Akka.TestKit;

namespace ActorTrain.Actors.Tests;

/// <summary>Who gets checkpoints, and what becomes of one who never answers.</summary>
public class CheckpointsActorTests(ITestOutputHelper output)
    : Akka.Hosting.TestKit.TestKit(nameof(CheckpointsActorTests), output)
{
    private readonly ManualClock _clock = new();

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_stand_by_whose_disk_hangs_stops_no_run_and_gets_the_newest_one_when_it_answers()
    {
        var (server, standby) = (CreateTestProbe(), CreateTestProbe());
        var checkpoints = server.ChildActorOf(CheckpointsActor.Props(writer: null, _clock), cancellationToken: Ct);
        checkpoints.Tell(new CheckpointsActor.StandbyJoined("s2"), standby);
        checkpoints.Tell(Checkpoint(100), server);
        Assert.Equal(100, (await Next<TrainingProtocol.WriteCheckpoint>(standby)).StepsDone);
        await server.ExpectNoMsgAsync(TimeSpan.FromSeconds(1.5), Ct);
        _clock.Now += TimeSpan.FromSeconds(31);
        Assert.Equal(100, (await Next<TrainingProtocol.CheckpointKept>(server)).StepsDone);
        await Next<CheckpointsActor.StandbyIsLate>(standby);
        checkpoints.Tell(Checkpoint(200), server);
        Assert.Equal(200, (await Next<TrainingProtocol.CheckpointKept>(server)).StepsDone);
        checkpoints.Tell(new CheckpointsActor.StandbySettled("s2", 100), standby);
        Assert.Equal(200, (await Next<TrainingProtocol.WriteCheckpoint>(standby)).StepsDone);
    }

    [Fact]
    public async Task The_servers_own_disk_that_hangs_is_one_that_fails_and_what_it_says_later_is_not_counted_twice()
    {
        var (server, disk) = (CreateTestProbe(), CreateTestProbe());
        var checkpoints = server.ChildActorOf(
            CheckpointsActor.Props(Props.Create(() => new Forwarder(disk)), _clock), cancellationToken: Ct);
        checkpoints.Tell(Checkpoint(100), server);
        Assert.Equal(100, (await Next<TrainingProtocol.WriteCheckpoint>(disk)).StepsDone);
        var hung = disk.LastSender;
        _clock.Now += TimeSpan.FromSeconds(31);
        Assert.Equal(100, (await Next<TrainingProtocol.CheckpointKept>(server)).StepsDone);
        Assert.Equal(
            new TrainingProtocol.CheckpointFailed(100, "the disk does not answer"),
            await Next<TrainingProtocol.CheckpointFailed>(server));
        checkpoints.Tell(Checkpoint(200), server);
        await Next<TrainingProtocol.CheckpointKept>(server);
        Assert.Equal(200, (await Next<TrainingProtocol.CheckpointFailed>(server)).StepsDone);
        hung.Tell(new TrainingProtocol.CheckpointWritten(100, "late"), disk);
        checkpoints.Tell(Checkpoint(300), server);
        Assert.Equal(300, (await Next<TrainingProtocol.WriteCheckpoint>(disk)).StepsDone);
        hung.Tell(new TrainingProtocol.CheckpointWritten(300, "path"), disk);
        Assert.Equal("path", (await Next<TrainingProtocol.CheckpointWritten>(server)).Path);
        Assert.Equal(300, (await Next<TrainingProtocol.CheckpointKept>(server)).StepsDone);
    }

    protected override void ConfigureAkka(AkkaConfigurationBuilder builder, IServiceProvider provider)
    {
    }

    private static async Task<T> Next<T>(TestProbe probe) =>
        await probe.ExpectMsgAsync<T>(TimeSpan.FromSeconds(10), cancellationToken: Ct);

    private static TrainingProtocol.WriteCheckpoint Checkpoint(long steps) => new(steps, new byte[64]);

    private sealed class Forwarder : ReceiveActor
    {
        // As the writer, it answers whoever asked: the probe plays it by the sender that it sees.
        public Forwarder(IActorRef disk) => ReceiveAny(disk.Forward);
    }

    private sealed class ManualClock : TimeProvider
    {
        private long _ticks;

        public TimeSpan Now
        {
            get => TimeSpan.FromTicks(Interlocked.Read(ref _ticks));
            set => Interlocked.Exchange(ref _ticks, value.Ticks);
        }

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => Interlocked.Read(ref _ticks);
    }
}
