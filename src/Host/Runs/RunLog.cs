using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using ActorTrain.Actors;
using ActorTrain.Host.Terminal;

namespace ActorTrain.Host.Runs;

/// <summary>
/// What happened in a run, a JSON object a line, for dashboards: <c>time</c>, <c>event</c> (the event's name), its
/// figures, and <c>text</c>, the words that the terminal shows, where it shows any. A loss that is not finite is null.
/// Steps are left out: they are metrics, not events. Where asked for, TensorBoard's event file beside it.
/// </summary>
internal sealed class RunLog : IDisposable
{
    private static readonly JsonSerializerOptions Format =
        new(JsonSerializerDefaults.Web) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly StreamWriter _writer;
    private readonly TimeProvider _time;
    private readonly TensorBoardLog? _tensorBoard;

    /// <summary>Appends to a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="time">What the time is.</param>
    /// <param name="tensorBoard">The folder of TensorBoard's event file; none: there is none.</param>
    /// <exception cref="FailureException">It can't be written.</exception>
    public RunLog(string path, TimeProvider time, string? tensorBoard = null)
    {
        _time = time;
        _tensorBoard = tensorBoard is null ? null : new(tensorBoard, time.GetUtcNow());
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
            _writer = new StreamWriter(new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.Read));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new FailureException($"can't write {path}: {e.Message}");
        }
    }

    /// <summary>Appends an event. A full disk loses lines of these logs, never the run.</summary>
    public void Add(TrainingEvent @event)
    {
        var time = _time.GetUtcNow();
        if (Json(@event, time) is not { } json) return;
        try
        {
            _tensorBoard?.Add(@event, time);
            _writer.WriteLine(json.ToJsonString(Format));
            _writer.Flush();
        }
        catch (Exception e) when (IsOfTheDisk(e))
        {
        }
    }

    /// <summary>The event as JSON; none for steps.</summary>
    public static JsonObject? Json(TrainingEvent @event, DateTimeOffset time)
    {
        JsonObject? figures = @event switch
        {
            StepDone => null,
            EpochDone e => new()
            {
                ["epoch"] = e.Summary.Epoch,
                ["trainLoss"] = FiniteJson.Number(e.Summary.TrainLoss),
                ["trainAccuracy"] = FiniteJson.Number(e.Summary.TrainAccuracy),
                ["testLoss"] = FiniteJson.Number(e.Summary.TestLoss),
                ["testAccuracy"] = FiniteJson.Number(e.Summary.TestAccuracy),
                ["samples"] = e.Summary.SamplesSeen,
                ["weightsSha256"] = e.Summary.WeightsSha256,
                ["trainSeconds"] = e.Pace.Seconds,
                ["longestStepSeconds"] = e.Pace.LongestStep,
            },
            LossNotFinite e => new()
            {
                ["loss"] = FiniteJson.Number(e.Loss),
                ["step"] = e.Step,
                ["epoch"] = e.Epoch,
            },
            NodeJoined e => new()
            {
                ["node"] = e.Node.Name,
                ["life"] = e.Node.Incarnation,
                ["shards"] = e.Shards,
                ["step"] = e.Step,
            },
            NodeLost e => new()
            {
                ["node"] = e.Node.Name,
                ["life"] = e.Node.Incarnation,
                ["step"] = e.Step,
                ["silenceSeconds"] = e.Silence.TotalSeconds,
                ["microbatchesHandedOutAgain"] = e.Microbatches,
                ["samplesLost"] = 0,
                ["reason"] = e.Reason,
            },
            WorkReassigned e => new()
            {
                ["node"] = e.Shard.Name,
                ["step"] = e.Key.Step,
                ["treeNode"] = $"{e.Key.Node}",
                ["reason"] = e.Reason,
            },
            CheckpointSaved e => new() { ["path"] = e.Path },
            CheckpointNotSaved e => new() { ["reason"] = e.Reason },
            ServerStarted e => new() { ["incarnation"] = e.Incarnation, ["step"] = e.Step },
            ServerLinkLost e => new()
            {
                ["incarnation"] = e.Incarnation,
                ["reason"] = e.Reason,
                ["aggregator"] = e.Aggregator,
            },
            NodeWelcomed e => new() { ["incarnation"] = e.Incarnation, ["aggregator"] = e.Aggregator },
            NodeRefused e => new() { ["node"] = e.Node, ["reason"] = e.Reason },
            StandbyAttached e => new() { ["node"] = e.Node },
            StandbyLost e => new() { ["node"] = e.Node, ["reason"] = e.Reason },
            RangeAssigned e => new() { ["node"] = e.Node, ["start"] = e.Range.Start, ["count"] = e.Range.Count },
            RangeUnassigned e => new()
            {
                ["node"] = e.Node,
                ["start"] = e.Range.Start,
                ["count"] = e.Range.Count,
                ["reason"] = e.Reason,
            },
            WentBack e => new() { ["from"] = e.From, ["to"] = e.To, ["reason"] = e.Reason },
            RunEnded e => new()
            {
                ["phase"] = $"{e.Outcome.Phase}",
                ["steps"] = e.Outcome.StepsDone,
                ["reason"] = e.Outcome.Reason,
            },
            RunOverHeard e =>
                new() { ["phase"] = $"{e.Phase}", ["weightsSha256"] = e.WeightsSha256, ["reason"] = e.Reason },
            _ => new(),
        };
        if (figures is null) return null;
        figures.Insert(0, "time", time.ToString("O"));
        figures.Insert(1, "event", @event.GetType().Name);
        if (NodeText.Event(@event) is { } text) figures["text"] = text;
        return figures;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        try
        {
            _tensorBoard?.Dispose();
            _writer.Dispose();
        }
        catch (Exception e) when (IsOfTheDisk(e))
        {
        }
    }

    // The last one is how the runtime tells that the file is too large for a limit of the process.
    private static bool IsOfTheDisk(Exception e) => e is IOException or ArgumentOutOfRangeException;
}
