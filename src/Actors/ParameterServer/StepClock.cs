using ActorTrain.Server;

namespace ActorTrain.Actors;

/// <summary>
/// Measures how long steps take, from handing the work out to having the next version, or from one version to the next
/// where work overlaps; and which steps to tell.
/// </summary>
/// <param name="time">The time.</param>
/// <param name="stepsDone">Steps of the run that were done before this process began.</param>
/// <param name="seen">Examples of the current epoch that were seen by then.</param>
internal sealed class StepClock(TimeProvider time, long stepsDone, long seen)
{
    private static readonly TimeSpan BetweenReports = TimeSpan.FromMilliseconds(50);
    private long _stepsDone = stepsDone;
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
        var isTraining = key.Kind is WorkKind.Gradient or WorkKind.LocalSteps or WorkKind.Joint;
        if (!isTraining || key.Version <= _version) return;
        _version = key.Version;
        _sent = time.GetTimestamp();
    }

    /// <summary>A step is done, or several at once. True when it should be told.</summary>
    /// <param name="stepsDone">Of the run, with it.</param>
    /// <param name="seen">Examples of the epoch that are seen with it.</param>
    public bool StepDone(long stepsDone, long seen)
    {
        var now = time.GetTimestamp();
        var seconds = time.GetElapsedTime(_sent, now).TotalSeconds;
        var steps = stepsDone - _stepsDone;
        Epoch = new(
            Epoch.Steps + steps, Epoch.Samples + seen - _seen, Epoch.Seconds + seconds,
            Math.Max(Epoch.LongestStep, seconds / steps));
        TrainSeconds += seconds;
        (_stepsDone, _seen) = (stepsDone, seen);
        _sent = now;
        if (_reported && time.GetElapsedTime(_lastReport, now) < BetweenReports) return false;
        (_reported, _lastReport) = (true, now);
        return true;
    }

    /// <summary>The run has gone back, to where so many steps are done and examples of its epoch seen.</summary>
    public void GoBack(long stepsDone, long seen) => (_stepsDone, _seen, _version) = (stepsDone, seen, -1);

    /// <summary>What this process did of the epoch; the next epoch starts at zero.</summary>
    public EpochPace EndEpoch()
    {
        var epoch = Epoch;
        (Epoch, _seen) = (default, 0);
        return epoch;
    }
}
