using ActorTrain.Kernels;

namespace ActorTrain;

/// <summary>y = x above 0, slope·x elsewhere; PyTorch's <c>nn.LeakyReLU</c>.</summary>
/// <param name="NegativeSlope">The slope below 0, from 0.</param>
public sealed record LeakyReLU(float NegativeSlope = 0.01f) : Activation
{
    /// <summary>The slope below 0, from 0.</summary>
    public float NegativeSlope { get; } = Allowed.From0(NegativeSlope, nameof(LeakyReLU), nameof(NegativeSlope));

    /// <inheritdoc/>
    public override string ToString() => string.Create(
        System.Globalization.CultureInfo.InvariantCulture, $"LeakyReLU(negative_slope={NegativeSlope})");

    private protected override void Run<TPass>(TPass pass) => pass.Of(new Function(NegativeSlope));

    private readonly struct Function(float negativeSlope) : IElementwise
    {
        public TVector Value<TLanes, TVector>(TVector x)
            where TLanes : struct, ILanes<TVector> where TVector : struct =>
            TLanes.Select(TLanes.LessThan(TLanes.Create(0f), x), x, TLanes.Multiply(TLanes.Create(negativeSlope), x));

        // y′ = 1 above 0, slope elsewhere
        public TVector Slope<TLanes, TVector>(TVector x)
            where TLanes : struct, ILanes<TVector> where TVector : struct =>
            TLanes.Select(
                TLanes.LessThan(TLanes.Create(0f), x), TLanes.Create(1f), TLanes.Create(negativeSlope));
    }
}
