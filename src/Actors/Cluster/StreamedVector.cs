namespace ActorTrain.Actors;

/// <summary>
/// How a vector is sent while it is still being written: in a few pieces. A small one goes whole, because a frame of
/// its own for each piece would cost more than the time that it saves. Pure.
/// </summary>
internal static class StreamedVector
{
    /// <summary>
    /// No piece is smaller, in floats: 256 KB take a loopback connection some 50 µs, a frame about 10.
    /// </summary>
    public const int MinPart = 1 << 16;

    /// <summary>
    /// A vector that is written from one end to the other goes in at most so many pieces of the same size.
    /// </summary>
    public const int MaxParts = 16;

    private const int MinRuns = MinPart / ParameterUpdate.RunLength;

    /// <summary>How many runs of an update make a piece; all of them where the vector goes whole.</summary>
    public static int RunsOfPart(int runs) =>
        runs < 2 * MinRuns ? runs : Math.Max(MinRuns, (runs + MaxParts - 1) / MaxParts);
}
