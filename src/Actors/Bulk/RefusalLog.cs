using System.Net;

namespace ActorTrain.Actors.Bulk;

/// <summary>
/// Tells each refusal once for an address and a reason, and not more than so many a minute in all: whoever knocks must
/// not fill the disk. For one thread at a time under its own lock.
/// </summary>
/// <param name="log">Takes a line.</param>
/// <param name="clock">For the minute.</param>
internal sealed class RefusalLog(Action<string> log, TimeProvider clock)
{
    private const int LinesPerMinute = 20;
    private const int MaximumRemembered = 1000;

    private readonly HashSet<(IPAddress, string)> _told = [];
    private DateTimeOffset _minuteBegan;
    private int _lines;

    /// <summary>Tells it, unless it was told.</summary>
    public void Add(IPAddress address, string reason)
    {
        lock (_told)
        {
            if (_told.Contains((address, reason))) return;
            var now = clock.GetUtcNow();
            if (now - _minuteBegan >= TimeSpan.FromMinutes(1)) (_minuteBegan, _lines) = (now, 0);
            if (++_lines > LinesPerMinute) return;
            if (_told.Count == MaximumRemembered) _told.Clear();
            _told.Add((address, reason));
            log($"bulk path: {address} refused: {reason}");
            if (_lines == LinesPerMinute) log("bulk path: further refusals of this minute are not told");
        }
    }
}
