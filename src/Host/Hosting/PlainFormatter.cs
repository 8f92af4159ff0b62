using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;

namespace ActorTrain.Host.Hosting;

/// <summary>
/// Errors of libraries on the console, but for those about a lost connection: to Akka.Remote each is an error with a
/// stack trace, and the node's events tell it in plain words.
/// </summary>
internal sealed class PlainFormatter() : ConsoleFormatter(FormatterName)
{
    /// <summary>To choose it by.</summary>
    public const string FormatterName = "plain";

    // All connections' actors are below one of them.
    private static readonly string[] Connections = ["/system/endpointManager", "/system/transports"];

    /// <inheritdoc/>
    public override void Write<TState>(
        in LogEntry<TState> logEntry, IExternalScopeProvider? scopeProvider, TextWriter textWriter)
    {
        var text = logEntry.Formatter(logEntry.State, logEntry.Exception);
        if (Connections.Any(path => text.Contains(path, StringComparison.Ordinal))) return;
        textWriter.WriteLine($"error: {text}");
        if (logEntry.Exception is { } e && !text.Contains(e.Message, StringComparison.Ordinal)) textWriter.WriteLine(e);
    }
}
