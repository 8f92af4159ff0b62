using ActorTrain.Actors;
using Spectre.Console;

namespace ActorTrain.Host.Terminal;

/// <summary>A bar that moves, under lines that stay; for a terminal.</summary>
internal sealed class BarDisplay : ITrainingDisplay
{
    private readonly IAnsiConsole _console;
    private readonly int _epochs;
    private readonly Lock _lock = new();
    private readonly TaskCompletionSource _end = new();
    private readonly Task _live;
    private LiveDisplayContext? _context;

    /// <summary>A display of a run of this many epochs.</summary>
    public BarDisplay(IAnsiConsole console, int epochs)
    {
        (_console, _epochs) = (console, epochs);
        _live = console.Live(new Text("")).AutoClear(true).StartAsync(async context =>
        {
            _context = context;
            await _end.Task;
        });
    }

    /// <inheritdoc/>
    public void Line(string text)
    {
        lock (_lock) _console.WriteLine(text);
    }

    /// <inheritdoc/>
    public void Step(StepDone step)
    {
        lock (_lock)
        {
            var bar = new BarGraph(ProgressText.StepsDone(step), step.StepsPerEpoch);
            var text = ProgressText.Step(step, _epochs, _console.Profile.Width - BarGraph.Width - 1);
            _context?.UpdateTarget(new Markup($"[green]{bar.Done}[/][grey]{bar.Left}[/] {Markup.Escape(text)}"));
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _end.TrySetResult();
        _live.GetAwaiter().GetResult();
    }

    /// <summary>A bar of fixed width as two texts.</summary>
    private readonly record struct BarGraph(int Value, int Full)
    {
        public const int Width = 24;

        public string Done => new('━', Value * Width / Full);

        public string Left => new('━', Width - (Value * Width / Full));
    }
}
