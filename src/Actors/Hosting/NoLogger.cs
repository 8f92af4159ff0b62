using Akka.Event;

namespace ActorTrain.Actors;

/// <summary>
/// For before and after the application's own log: Akka would write to the console then, whatever the application
/// thinks of that.
/// </summary>
#pragma warning disable CA1812 // Akka makes it, by its name in the configuration
internal sealed class NoLogger : MinimalLogger
#pragma warning restore CA1812
{
    /// <inheritdoc/>
    protected override void Log(object message)
    {
    }
}
