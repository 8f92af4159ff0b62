namespace ActorTrain.Actors.Security;

/// <summary>
/// Tells each refusal once for a peer and a reason, and not more than so many a minute in all: whoever knocks must not
/// fill the disk. For any thread.
/// </summary>
/// <param name="clock">For the minute.</param>
internal sealed class RefusalLog(TimeProvider clock)
{
    private const int LinesPerMinute = 20;
    private const int MaximumRemembered = 1000;

    private readonly HashSet<(string Peer, string Reason)> _told = [];
    private DateTimeOffset _minuteBegan;
    private int _lines;

    /// <summary>Tells it, unless it was told.</summary>
    /// <param name="peer">Who was refused, without what changes from one attempt to the next.</param>
    /// <param name="reason">Why.</param>
    /// <param name="log">Takes a line.</param>
    public void Add(string peer, string reason, Action<string> log)
    {
        lock (_told)
        {
            if (_told.Contains((peer, reason))) return;
            var now = clock.GetUtcNow();
            if (now - _minuteBegan >= TimeSpan.FromMinutes(1)) (_minuteBegan, _lines) = (now, 0);
            if (_lines == LinesPerMinute) return;
            if (_told.Count == MaximumRemembered) _told.Clear();
            _told.Add((peer, reason));
            _lines++;
        }
        log($"refused {peer}: {reason}");
    }
}
