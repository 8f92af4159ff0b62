using ActorTrain.Kernels;

namespace ActorTrain.Core.Tests.Kernels;

public class KernelChoiceTests
{
    private sealed class ManualClock : TimeProvider
    {
        private long _ticks;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => _ticks;

        public void Pass(double microseconds) => _ticks += (long)(microseconds * TimeSpan.TicksPerMicrosecond);
    }

    private static KernelUnavailableException Absent(string name) => new(name, "absent.", "Install it.");

    [Fact]
    public void The_fastest_is_chosen_and_the_sentence_says_why()
    {
        var clock = new ManualClock();
        // 784-128-10 has five products a round: two forward, two of parameters, one of the inner input.
        var catalog = new KernelCatalog(
            ("slow", () => new CountingKernel("slow", () => clock.Pass(microseconds: 22.4))),
            ("fast", () => new CountingKernel("fast", () => clock.Pass(microseconds: 1.7))),
            ("gone", () => throw Absent("gone")));
        var choice = KernelChoice.Measure(catalog, rows: 16, [784, 128, 10], clock);
        Assert.Equal("fast", choice.MatMul.Name);
        Assert.Equal(
            "auto chose fast: 8.5 µs for a microbatch's products, slow 112 µs, gone not available", choice.Reason);
    }

    [Fact]
    public void A_single_slow_round_does_not_count()
    {
        var clock = new ManualClock();
        var calls = 0;
        var catalog = new KernelCatalog(
            ("disturbed", () => new CountingKernel("disturbed", () => clock.Pass(++calls == 3 ? 900 : 10))),
            ("steady", () => new CountingKernel("steady", () => clock.Pass(20))));
        Assert.Equal(
            "auto chose disturbed: 20 µs for a microbatch's products, steady 40 µs",
            KernelChoice.Measure(catalog, rows: 1, [2, 3], clock).Reason);
    }

    [Fact]
    public void A_round_is_the_products_of_one_microbatch()
    {
        var clock = new ManualClock();
        var kernel = new CountingKernel("only", () => clock.Pass(microseconds: 4000));
        KernelChoice.Measure(new KernelCatalog(("only", () => kernel)), rows: 16, [784, 128, 10], clock);
        // One round to warm up and five measured.
        Assert.Equal(6 * 5, kernel.Products.Count);
        Assert.Equal<string>(
            [
                "[16, 784] [784, 128] + [128] -> [16, 128]",
                "[16, 128] [128, 10] + [10] -> [16, 10]",
                "[16, 128]' [16, 10] -> [128, 10]",
                "[16, 10] [128, 10]' -> [16, 128]",
                "[16, 784]' [16, 128] -> [784, 128]",
            ],
            kernel.Products.Take(5));
    }

    [Fact]
    public void No_kernel_at_all_is_an_error()
    {
        var catalog = new KernelCatalog(("one", () => throw Absent("one")), ("two", () => throw Absent("two")));
        Assert.Equal(
            "Kernel \"auto\": no kernel can be had here. Install one of one, two.",
            Assert.Throws<KernelUnavailableException>(() => KernelChoice.Measure(catalog, 1, [2, 3],
            new ManualClock())).Message);
    }

    [Fact]
    public void One_layer_size_is_not_a_model() => Assert.Equal(
        "Measure: got 1 layer sizes; give at least input and output. (Parameter 'layerSizes')",
        Assert.Throws<ArgumentException>(() =>
            KernelChoice.Measure(
                new KernelCatalog(("one", () => new CountingKernel("one"))), 1, [2], new ManualClock())).Message);

    [Theory, InlineData("mkl"), InlineData("openblas")]
    public void A_native_kernel_is_measured_on_the_system_clock(string name)
    {
        NativeKernels.Require(name);
        var only = new KernelCatalog((name, () => MatMuls.Create(name)));
        var choice = KernelChoice.Measure(only, 16, [784, 128, 64, 10], TimeProvider.System);
        Assert.Matches($"^auto chose {name}: [0-9.]+ µs for a microbatch's products$", choice.Reason);
    }
}
