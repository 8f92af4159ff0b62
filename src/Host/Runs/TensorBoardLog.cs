using System.Globalization;
using ActorTrain.Actors;
using ActorTrain.Interop.TensorBoard;

namespace ActorTrain.Host.Runs;

/// <summary>A run's epochs as an event file of TensorBoard's: a point on each curve for each epoch.</summary>
internal sealed class TensorBoardLog : IDisposable
{
    private readonly FileStream _file;

    /// <summary>Begins a file of its own in a folder; a resumed run's go on in the next one.</summary>
    /// <exception cref="FailureException">It can't be written.</exception>
    public TensorBoardLog(string folder, DateTimeOffset time)
    {
        // TensorBoard knows them by 'tfevents', and reads them in the order of their names.
        var name = string.Create(
            CultureInfo.InvariantCulture, $"events.out.tfevents.{time.ToUnixTimeSeconds()}.{Environment.ProcessId}");
        try
        {
            Directory.CreateDirectory(folder);
            _file = new(Path.Combine(folder, name), FileMode.Append, FileAccess.Write, FileShare.Read);
            Append(EventRecord.Beginning(time));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new FailureException($"can't write TensorBoard's events to {folder}: {e.Message}");
        }
    }

    /// <summary>Appends the figures of an epoch; other events have none.</summary>
    public void Add(TrainingEvent @event, DateTimeOffset time)
    {
        if (@event is not EpochDone { Summary: var epoch, Pace: var pace }) return;
        Append(EventRecord.Scalars(
            time, epoch.Epoch, ("loss/train", epoch.TrainLoss), ("loss/test", epoch.TestLoss),
            ("accuracy/train", epoch.TrainAccuracy), ("accuracy/test", epoch.TestAccuracy),
            ("seconds/epoch", pace.Seconds)));
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    private void Append(byte[] record)
    {
        _file.Write(record);
        _file.Flush();
    }
}
