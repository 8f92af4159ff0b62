using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using Akka.Configuration;
using Akka.Dispatch;

namespace ActorTrain.Actors;

/// <summary>
/// One thread that looks for work for a short while before it sleeps. A training round hands work to and fro every
/// hundred microseconds; waking a sleeping thread each time would cost a quarter of that.
/// </summary>
internal sealed class SpinningDispatcher(MessageDispatcherConfigurator configurator, long spinMicroseconds, string name)
    : MessageDispatcher(configurator)
{
    private readonly ConcurrentQueue<IRunnable> _queue = new();
    private readonly object _sleep = new();
    private readonly long _spinTicks = spinMicroseconds * Stopwatch.Frequency / 1_000_000;
    private volatile bool _isAsleep;
    private volatile bool _isShutDown;
    private int _hasThread;

    protected override void ExecuteTask(IRunnable run)
    {
        _queue.Enqueue(run);
        // With the barriers of Sleep and Run: either this sees that the thread sleeps or ends, or it sees the queue.
        Interlocked.MemoryBarrier();
        if (_hasThread == 0) Start();
        if (_isAsleep) Wake();
    }

    // Akka ends a dispatcher that no actor has used for a second; a later actor starts it again.
    protected override void Shutdown()
    {
        _isShutDown = true;
        Wake();
    }

    private void Start()
    {
        if (Interlocked.Exchange(ref _hasThread, 1) == 1) return;
        _isShutDown = false;
        new Thread(Run) { IsBackground = true, Name = name }.Start();
    }

    private void Run()
    {
        while (!_isShutDown)
        {
            if (TrySpin(out var run)) run.Run();
            else Sleep();
        }
        Interlocked.Exchange(ref _hasThread, 0);
        if (!_queue.IsEmpty) Start();
    }

    private bool TrySpin([NotNullWhen(true)] out IRunnable? run)
    {
        if (_queue.TryDequeue(out run)) return true;
        if (_spinTicks == 0) return false;
        var start = Stopwatch.GetTimestamp();
        long spun;
        do
        {
            // After a tenth of the time the thread that this one waits for may itself be waiting for this core.
            spun = Stopwatch.GetTimestamp() - start;
            if (spun < _spinTicks / 10) Thread.SpinWait(10);
            else Thread.Yield();
            if (_queue.TryDequeue(out run)) return true;
        }
        while (spun < _spinTicks);
        return false;
    }

    private void Sleep()
    {
        lock (_sleep)
        {
            _isAsleep = true;
            Interlocked.MemoryBarrier();
            while (_queue.IsEmpty && !_isShutDown) Monitor.Wait(_sleep);
            _isAsleep = false;
        }
    }

    private void Wake()
    {
        lock (_sleep) Monitor.Pulse(_sleep);
    }
}

/// <summary>Makes spinning dispatchers: one for all who ask when <c>shared</c> is on, else one for each.</summary>
public sealed class SpinningDispatcherConfigurator : MessageDispatcherConfigurator
{
    private readonly Lazy<SpinningDispatcher> _shared;
    private readonly bool _isShared;
    private int _count;

    /// <summary>As Akka makes it, from the dispatcher's section.</summary>
    public SpinningDispatcherConfigurator(Config config, IDispatcherPrerequisites prerequisites)
        : base(config, prerequisites)
    {
        _isShared = config.GetBoolean("shared", false);
        _shared = new(Make);
    }

    /// <inheritdoc/>
    public override MessageDispatcher Dispatcher() => _isShared ? _shared.Value : Make();

    private SpinningDispatcher Make() => new(
        this, Config.GetLong("spin-microseconds", 0),
        $"{Config.GetString("thread-name")}-{Interlocked.Increment(ref _count)}");
}
