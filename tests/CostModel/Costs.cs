namespace ActorTrain.CostModel;

/// <summary>What a frame costs one core, at one of its ends.</summary>
/// <param name="Fixed">Microseconds for any.</param>
/// <param name="PerByte">Microseconds for each byte of its payload.</param>
internal readonly record struct FrameCost(double Fixed, double PerByte)
{
    /// <summary>Microseconds for a frame.</summary>
    public double Of(long bytes) => Fixed + (PerByte * bytes);
}

/// <summary>
/// What the parts of a step cost, in microseconds: measured once on a machine, or round numbers in a test. Work is the
/// time of one core that nobody else slows down.
/// </summary>
internal sealed record Costs
{
    /// <summary>Work of one gradient order, by its rows.</summary>
    public required CostCurve Gradient { get; init; }

    /// <summary>Work of an update of all parameters, by the number of gradients that are summed for it.</summary>
    public required CostCurve Update { get; init; }

    /// <summary>Work of the server's actor to take one answer, by the number of units.</summary>
    public required CostCurve Answer { get; init; }

    /// <summary>Work of the server's actor to end a step and divide the next one, by the number of units.</summary>
    public required CostCurve Plan { get; init; }

    /// <summary>Work of a message from one actor to another in a process.</summary>
    public required double Hop { get; init; }

    /// <summary>Work of leaving a frame to the thread that sends.</summary>
    public required double Queue { get; init; }

    /// <summary>Work at the end that sends.</summary>
    public required FrameCost Send { get; init; }

    /// <summary>Work at the end that receives.</summary>
    public required FrameCost Receive { get; init; }

    /// <summary>From one end to the other, beyond the work at both.</summary>
    public required double Latency { get; init; }

    /// <summary>
    /// What a thread waits for its core, beyond its work, when something wakes it after a long sleep.
    /// </summary>
    public double Wake { get; init; }

    /// <summary>Work of an actor's thread that looks for more before it lets others have the core.</summary>
    public double Spin { get; init; }

    /// <summary>Bytes a microsecond that a machine can send, and as many to receive; 125 is 1 Gbit/s.</summary>
    public required double Bandwidth { get; init; }

    /// <summary>Cores of a machine.</summary>
    public required int Cores { get; init; }

    /// <summary>
    /// How many cores that nobody slows down all cores together are worth: they share memory and the last-level cache.
    /// </summary>
    public required double CoresTogether { get; init; }

    /// <summary>How fast each of so many threads that compute on one machine is.</summary>
    public double SpeedOfEach(int threads)
    {
        if (threads >= Cores) return CoresTogether / threads;
        var slowdown = (Cores - CoresTogether) / Cores;
        return 1 - (slowdown * (threads - 1) / (Cores - 1));
    }
}
