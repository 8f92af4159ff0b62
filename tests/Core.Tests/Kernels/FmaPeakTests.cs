using ActorTrain.Kernels;

namespace ActorTrain.Core.Tests.Kernels;

public class FmaPeakTests
{
    // A clock that advances one millisecond at each look: the answer is arithmetic.
    private sealed class SteppingClock : TimeProvider
    {
        private long _milliseconds;
        public override long TimestampFrequency => 1000;
        public override long GetTimestamp() => _milliseconds++;
    }

    [Fact]
    public void The_peak_is_operations_over_time()
    {
        var lanes = VectorWidth.Bits / 32;
        Assert.Equal(2.0 * 14 * lanes * 40_000 / 1e-3 / 1e9, FmaPeak.MeasureOneCore(new SteppingClock(), runs: 2),
            precision: 6);
    }

    [Fact]
    public void No_run_at_all_is_refused() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => FmaPeak.MeasureOneCore(TimeProvider.System, runs: 0));
}
