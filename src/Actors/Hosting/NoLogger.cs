using Akka.Event;

namespace ActorTrain.Actors;

/// <summary>
/// For before and after the application's own log: Akka would write to the console then, whatever the application thinks
/// of that.
/// </summary>
internal sealed class NoLogger : MinimalLogger
{
    /// <inheritdoc/>
    protected override void Log(object message)
    {
    }
}
