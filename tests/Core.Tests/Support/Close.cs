namespace ActorTrain.Core.Tests.Support;

/// <summary>Agreement as the reference defines it: |ours − theirs| ≤ tolerance · (1 + |theirs|).</summary>
internal static class Close
{
    public static void Assert(ReadOnlySpan<float> theirs, ReadOnlySpan<float> ours, double tolerance, string what)
    {
        Xunit.Assert.Equal(theirs.Length, ours.Length);
        var (worst, distance) = (-1, 0.0);
        for (var i = 0; i < theirs.Length; i++)
        {
            var d = Math.Abs((double)ours[i] - theirs[i]) / (1 + Math.Abs((double)theirs[i]));
            if (d > distance || double.IsNaN(d)) (worst, distance) = (i, d);
        }
        Xunit.Assert.True(distance <= tolerance, worst < 0 ? what
            : $"{what}[{worst}]: ours {ours[worst]:R}, theirs {theirs[worst]:R}, "
                + $"distance {distance:E2} > {tolerance:E0}");
    }
}
