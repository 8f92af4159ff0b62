using System.Collections.Immutable;
using ActorTrain.Actors.Protocol;
using ActorTrain.Checkpoints;
using Akka.Actor;

namespace ActorTrain.Actors;

/// <summary>
/// Gives each checkpoint to this node's disk and to every stand-by, and says when all have it. Who does not answer in
/// time, as with a disk that hangs, is not waited for and gets no more, until it answers.
/// </summary>
public sealed class CheckpointsActor : ReceiveActor, IWithTimers
{
    private const string Disk = "disk";

    // The slowest disk or network that a run waits for.
    private const double BytesPerSecond = 20e6;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan BetweenTicks = TimeSpan.FromSeconds(1);

    private readonly Dictionary<string, IActorRef> _standbys = [];
    private readonly List<long> _writing = [];
    private readonly IActorRef _writer;
    private CheckpointLedger _ledger = CheckpointLedger.Empty;
    private TrainingProtocol.WriteCheckpoint? _newest;

    /// <summary>Checkpoints to a disk, or nowhere but to stand-bys.</summary>
    /// <param name="writer">Writes to the disk; none: nobody does.</param>
    /// <param name="time">The clock.</param>
    public CheckpointsActor(Props? writer, TimeProvider time)
    {
        _writer = writer is null ? ActorRefs.Nobody : Context.ActorOf(writer, "disk");
        if (writer is not null) _ledger = _ledger.With(Disk);
        Receive<TrainingProtocol.WriteCheckpoint>(m =>
        {
            _newest = m;
            var limit = Patience + TimeSpan.FromSeconds(m.Contents.Length / BytesPerSecond);
            Take(_ledger.Send(m.StepsDone, time.GetElapsedTime(0) + limit));
            foreach (var (name, standby) in _standbys)
                if (!_ledger.Late.Contains(name)) standby.Tell(m);
            Write(m);
        });
        Receive<TrainingProtocol.CheckpointWritten>(m => Answered(m, m.StepsDone));
        Receive<TrainingProtocol.CheckpointFailed>(m => Answered(m, m.StepsDone));
        Receive<TrainingProtocol.CheckpointSuperseded>(m => Tell(m, m.StepsDone));
        Receive<StandbyJoined>(m =>
        {
            _standbys[m.Name] = Sender;
            _ledger = _ledger.With(m.Name);
            if (_newest is not null) Sender.Tell(_newest);
        });
        Receive<StandbySettled>(m =>
        {
            var wasLate = _ledger.Late.Contains(m.Name);
            Take(_ledger.Settle(m.Name, m.StepsDone));
            if (wasLate && m.StepsDone < _newest!.StepsDone) _standbys[m.Name].Tell(_newest);
        });
        Receive<StandbyGone>(m =>
        {
            _standbys.Remove(m.Name);
            Take(_ledger.Without(m.Name));
        });
        Receive<Tick>(_ =>
        {
            var (ledger, kept, late) = _ledger.Expire(time.GetElapsedTime(0));
            Take((ledger, kept));
            foreach (var name in late)
                if (_standbys.TryGetValue(name, out var standby)) standby.Tell(StandbyIsLate.Instance);
            if (late.Contains(Disk)) GiveUp();
        });
    }

    /// <inheritdoc/>
    public ITimerScheduler Timers { get; set; } = null!;

    /// <summary>How to make one.</summary>
    /// <param name="folder">Where checkpoints go; none: nowhere but to stand-bys.</param>
    /// <param name="time">The clock.</param>
    public static Props Props(CheckpointFolder? folder, TimeProvider time) =>
        Props(folder is null ? null : CheckpointWriterActor.Props(folder), time);

    /// <summary>The same, with another writer.</summary>
    internal static Props Props(Props? writer, TimeProvider time) =>
        Akka.Actor.Props.Create(() => new CheckpointsActor(writer, time));

    /// <inheritdoc/>
    protected override void PreStart() => Timers.StartPeriodicTimer("tick", Tick.Instance, BetweenTicks);

    private void Take((CheckpointLedger Ledger, ImmutableArray<long> Kept) next)
    {
        _ledger = next.Ledger;
        foreach (var steps in next.Kept) Context.Parent.Tell(new TrainingProtocol.CheckpointKept(steps));
    }

    private void Write(TrainingProtocol.WriteCheckpoint m)
    {
        if (_ledger.Late.Contains(Disk))
        {
            Context.Parent.Tell(Failed(m.StepsDone));
            return;
        }
        if (!_writer.IsNobody()) _writing.Add(m.StepsDone);
        _writer.Tell(m);
    }

    private void Answered(TrainingProtocol.IMessage answer, long stepsDone)
    {
        Tell(answer, stepsDone);
        Take(_ledger.Settle(Disk, stepsDone));
    }

    // The server has one answer for each that it gave: of those that were given up, it has it already.
    private void Tell(TrainingProtocol.IMessage answer, long stepsDone)
    {
        if (_writing.Remove(stepsDone)) Context.Parent.Tell(answer);
    }

    private void GiveUp()
    {
        foreach (var steps in _writing) Context.Parent.Tell(Failed(steps));
        _writing.Clear();
    }

    private static TrainingProtocol.CheckpointFailed Failed(long stepsDone) =>
        new(stepsDone, "the disk does not answer");

    /// <summary>
    /// A stand-by keeps checkpoints from here on; the sender takes them, beginning with the newest there is.
    /// </summary>
    internal sealed record StandbyJoined(string Name);

    /// <summary>A stand-by has one on its disk, or can not put it there.</summary>
    internal sealed record StandbySettled(string Name, long StepsDone);

    /// <summary>A stand-by is gone.</summary>
    internal sealed record StandbyGone(string Name);

    /// <summary>To a stand-by's stand-in: it has not answered in time, and gets no more until it does.</summary>
    internal sealed record StandbyIsLate
    {
        public static StandbyIsLate Instance { get; } = new();
    }

    private sealed record Tick
    {
        public static Tick Instance { get; } = new();
    }
}
