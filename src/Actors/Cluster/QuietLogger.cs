using System.Security.Authentication;
using Akka.Event;
using Akka.Hosting.Logging;
using DotNetty.Handlers.Tls;

namespace ActorTrain.Actors;

/// <summary>
/// Akka's log through the host's loggers, without what says nothing new: a lost connection, which membership tells in
/// words, the details of a refused one, and a line that was just written. (Akka's own log filters do not reach the
/// host's loggers.)
/// </summary>
public sealed class QuietLogger : LoggerFactoryLogger
{
    private string? _last;

    /// <inheritdoc/>
    protected override bool Receive(object message)
    {
        if (message is not LogEvent { Message: var text } entry) return base.Receive(message);
        var line = text.ToString() ?? "";
        if (line == _last || IsOfALostConnection(line) || IsOfARefusedHandshake(line, entry.Cause)) return true;
        _last = line;
        return base.Receive(message);
    }

    // Three lines, two of them with stack traces, for each connection that ends or can not be made; the line "Tried to
    // associate with unreachable remote address" says the latter in a sentence.
    private static bool IsOfALostConnection(string line) =>
        line.Contains("Disassociated", StringComparison.Ordinal)
        || (line.StartsWith("AssociationError", StringComparison.Ordinal)
            && line.EndsWith("[]", StringComparison.Ordinal));

    // Two lines with stack traces before "Rejected incoming connection from …".
    private static bool IsOfARefusedHandshake(string line, Exception? cause) =>
        line.StartsWith("TLS handshake failed on channel", StringComparison.Ordinal)
        || (line.StartsWith("Error caught channel", StringComparison.Ordinal)
            && cause is NotSslRecordException or AuthenticationException);
}
