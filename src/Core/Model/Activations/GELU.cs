using ActorTrain.Kernels;

namespace ActorTrain;

/// <summary>
/// Gaussian error linear unit, y = x·Φ(x) with the normal distribution's Φ (Hendrycks and Gimpel 2016);
/// PyTorch's <c>nn.GELU</c>, which is not its approximation by tanh.
/// </summary>
public sealed record GELU : Activation
{
    /// <inheritdoc/>
    public override string ToString() => "GELU()";

    private protected override void Run<TPass>(TPass pass) => pass.Of(new Function());

    private readonly struct Function : IElementwise
    {
        public TVector Value<TLanes, TVector>(TVector x)
            where TLanes : struct, ILanes<TVector> where TVector : struct =>
            TLanes.Multiply(x, LaneMath.NormalCdf<TLanes, TVector>(x));

        // y′ = Φ(x) + x·φ(x)
        public TVector Slope<TLanes, TVector>(TVector x)
            where TLanes : struct, ILanes<TVector> where TVector : struct
        {
            // 1/√2π
            var density = TLanes.Multiply(
                TLanes.Create(0.3989422804f),
                LaneMath.Exp<TLanes, TVector>(TLanes.Multiply(TLanes.Create(-0.5f), TLanes.Multiply(x, x))));
            return TLanes.FusedMultiplyAdd(x, density, LaneMath.NormalCdf<TLanes, TVector>(x));
        }
    }
}
