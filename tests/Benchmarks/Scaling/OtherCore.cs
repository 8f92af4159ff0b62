namespace ActorTrain.Benchmarks.Scaling;

/// <summary>
/// A thread on another core than its caller: both spin while they wait. What it writes is then in that core's cache, as
/// what came from the network is.
/// </summary>
internal sealed class OtherCore : IDisposable
{
    private static readonly Action End = () => { };
    private readonly Thread _thread;
    private volatile Action? _action;

    public OtherCore()
    {
        _thread = new(Run) { IsBackground = true };
        _thread.Start();
    }

    /// <summary>Returns when the thread has done it.</summary>
    public void Do(Action action)
    {
        _action = action;
        while (_action is not null) Thread.SpinWait(1);
    }

    /// <summary>Ends the thread.</summary>
    public void Dispose()
    {
        Do(End);
        _thread.Join();
    }

    private void Run()
    {
        while (true)
        {
            while (_action is null) Thread.SpinWait(1);
            var action = _action;
            action();
            _action = null;
            if (action == End) return;
        }
    }
}
