using System.Diagnostics;
using System.Runtime.InteropServices;

namespace ActorTrain.Host.Interruption;

/// <summary>Listens for Ctrl-C (SIGINT) and SIGTERM.</summary>
internal sealed class InterruptListener : IDisposable
{
    private readonly PosixSignalRegistration[] _registrations;
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _lock = new();
    private InterruptState _state;
    private bool _isDisposed;

    /// <summary>Listens until disposed.</summary>
    /// <param name="say">Where to say that it stops.</param>
    /// <param name="what">What the first signal does, in words.</param>
    public InterruptListener(Action<string> say, string what = "stopping after this step")
    {
        _registrations =
        [
            PosixSignalRegistration.Create(PosixSignal.SIGINT, Take),
            PosixSignalRegistration.Create(PosixSignal.SIGTERM, Take),
        ];

        void Take(PosixSignalContext context)
        {
            context.Cancel = true;
            InterruptAction action;
            lock (_lock) (_state, action) = _state.Next(Stopwatch.GetElapsedTime(0));
            if (action == InterruptAction.Ignore) return;
            if (action == InterruptAction.ExitNow) ExitNow();
            say($"{what}; press Ctrl-C again to stop at once");
            // Under the lock with Dispose: a signal may come when the run has just ended.
            lock (_lock)
                if (!_isDisposed) _stop.Cancel();
        }
    }

    /// <summary>Cancelled by the first signal.</summary>
    public CancellationToken Stop => _stop.Token;

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var registration in _registrations) registration.Dispose();
        lock (_lock)
        {
            _isDisposed = true;
            _stop.Dispose();
        }
    }

    // The bar hides the cursor, and nobody else would bring it back.
    private static void ExitNow()
    {
        if (!Console.IsOutputRedirected) Console.Write("\e[?25h\n");
        Environment.Exit(InterruptState.ExitCode);
    }
}
