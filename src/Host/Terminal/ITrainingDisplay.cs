using ActorTrain.Actors;

namespace ActorTrain.Host.Terminal;

/// <summary>Shows a run to people. Called by one thread at a time.</summary>
internal interface ITrainingDisplay : IDisposable
{
    /// <summary>A line that stays.</summary>
    void Line(string text);

    /// <summary>A step is done; about twenty of them a second.</summary>
    void Step(StepDone step);
}

/// <summary>Plain lines, for output that goes to a file or another program.</summary>
internal sealed class PlainDisplay(TextWriter output) : ITrainingDisplay
{
    /// <inheritdoc/>
    public void Line(string text) => output.WriteLine(text);

    /// <inheritdoc/>
    public void Step(StepDone step)
    {
    }

    /// <inheritdoc/>
    public void Dispose() => output.Flush();
}
