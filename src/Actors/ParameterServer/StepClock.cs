using ActorTrain.Server;

namespace ActorTrain.Actors;

/// <summary>
/// Measures how long steps take, from handing the work out to having the next version, or from one version to the next
/// where work overlaps; and which steps to tell.
/// </summary>
/// <param name="time">The time.</param>
/// <param name="seen">Examples of the current epoch that were seen before this process began.</param>
internal sealed class StepClock(TimeProvider time, long seen)
{
    private static readonly TimeSpan BetweenReports = TimeSpan.FromMilliseconds(50);
    private long _seen = seen;
    private long _version = -1;
    private long _sent;
    private long _lastReport;
    private bool _reported;

    /// <summary>What this process did of the current epoch so far.</summary>
    public EpochPace Epoch { get; private set; }

    /// <summary>Seconds of all steps so far.</summary>
    public double TrainSeconds { get; private set; }

    /// <summary>Work was sent; the first order of a version to train on starts a step.</summary>
    public void WorkSent(WorkKey key)
    {
        if (key.Kind is not (WorkKind.Gradient or WorkKind.LocalSteps) || key.Version <= _version) return;
        _version = key.Version;
        _sent = time.GetTimestamp();
    }

    /// <summary>A step is done. True when it should be told.</summary>
    /// <param name="seen">Examples of the epoch that are seen with it.</param>
    public bool StepDone(long seen)
    {
        var now = time.GetTimestamp();
        var seconds = time.GetElapsedTime(_sent, now).TotalSeconds;
        Epoch = new(
            Epoch.Steps + 1, Epoch.Samples + seen - _seen, Epoch.Seconds + seconds,
            Math.Max(Epoch.LongestStep, seconds));
        TrainSeconds += seconds;
        _seen = seen;
        _sent = now;
        if (_reported && time.GetElapsedTime(_lastReport, now) < BetweenReports) return false;
        (_reported, _lastReport) = (true, now);
        return true;
    }

    /// <summary>The run has gone back, to where so many examples of its epoch are seen.</summary>
    public void GoBack(long seen) => (_seen, _version) = (seen, -1);

    /// <summary>What this process did of the epoch; the next epoch starts at zero.</summary>
    public EpochPace EndEpoch()
    {
        var epoch = Epoch;
        (Epoch, _seen) = (default, 0);
        return epoch;
    }
}
