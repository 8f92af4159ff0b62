namespace ActorTrain.Host.Interruption;

/// <summary>What to do about a signal.</summary>
internal enum InterruptAction
{
    /// <summary>End the run after its step, with a checkpoint.</summary>
    StopCleanly,

    /// <summary>Nothing: it is the first signal once more.</summary>
    Ignore,

    /// <summary>End the process now.</summary>
    ExitNow,
}

/// <summary>
/// The rule: the first signal stops cleanly, a later one at once. One that follows within <see cref="SameSignal"/> is
/// the first one again: <c>timeout</c>, service managers and terminals send it to the process and to its group.
/// </summary>
/// <param name="First">When the first signal came; none: none came.</param>
internal readonly record struct InterruptState(TimeSpan? First)
{
    /// <summary>Exit code of a process that a second Ctrl-C ended, as shells have it: 128 + SIGINT.</summary>
    public const int ExitCode = 130;

    /// <summary>How long a signal counts as the first one's double.</summary>
    public static readonly TimeSpan SameSignal = TimeSpan.FromSeconds(0.5);

    /// <summary>One more signal.</summary>
    /// <param name="now">Since any fixed moment.</param>
    public (InterruptState State, InterruptAction Action) Next(TimeSpan now) => this switch
    {
        { First: null } => (new(now), InterruptAction.StopCleanly),
        { First: { } first } when now - first < SameSignal => (this, InterruptAction.Ignore),
        _ => (this, InterruptAction.ExitNow),
    };
}
