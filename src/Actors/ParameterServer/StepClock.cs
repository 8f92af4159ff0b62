using ActorTrain.Server;

namespace ActorTrain.Actors;

/// <summary>
/// Measures how long steps take, from handing the work out to having the next version, or from one version to the next
/// where work overlaps; and which steps to tell.
/// </summary>
internal sealed class StepClock(TimeProvider time)
{
    private static readonly TimeSpan BetweenReports = TimeSpan.FromMilliseconds(50);
    private long _version = -1;
    private long _sent;
    private long _lastReport;
    private bool _reported;

    /// <summary>Seconds of the current epoch's steps so far.</summary>
    public double EpochSeconds { get; private set; }

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
    public bool StepDone()
    {
        var now = time.GetTimestamp();
        var seconds = time.GetElapsedTime(_sent, now).TotalSeconds;
        EpochSeconds += seconds;
        TrainSeconds += seconds;
        _sent = now;
        if (_reported && time.GetElapsedTime(_lastReport, now) < BetweenReports) return false;
        (_reported, _lastReport) = (true, now);
        return true;
    }

    /// <summary>The epoch's seconds; the next epoch starts at zero.</summary>
    public double EndEpoch()
    {
        var seconds = EpochSeconds;
        EpochSeconds = 0;
        return seconds;
    }
}
