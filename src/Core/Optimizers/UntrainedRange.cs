namespace ActorTrain;

/// <summary>Parameters next to each other that the optimiser leaves alone.</summary>
/// <param name="Start">The first.</param>
/// <param name="End">Behind the last.</param>
/// <param name="Momentum">
/// How far they go towards the mean of what stands for their gradient: that of running statistics; 0: they stay.
/// </param>
public readonly record struct UntrainedRange(int Start, int End, float Momentum)
{
    /// <summary>The part of a run that it covers, from the run's start; empty where they do not meet.</summary>
    public (int Start, int Length) In(int runStart, int runLength)
    {
        var (start, end) = (Math.Max(Start - runStart, 0), Math.Min(End - runStart, runLength));
        return (start, Math.Max(0, end - start));
    }
}
