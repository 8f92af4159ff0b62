using ActorTrain.Kernels;

namespace ActorTrain;

/// <summary>
/// Exponential linear unit, y = x above 0, α·(eˣ − 1) elsewhere (Clevert et al. 2016); PyTorch's <c>nn.ELU</c>.
/// </summary>
/// <param name="Alpha">α, from 0.</param>
public sealed record ELU(float Alpha = 1) : Activation
{
    /// <summary>α, from 0.</summary>
    public float Alpha { get; } = Allowed.From0(Alpha, nameof(ELU), nameof(Alpha));

    /// <inheritdoc/>
    public override string ToString() => string.Create(
        System.Globalization.CultureInfo.InvariantCulture, $"ELU(alpha={Alpha})");

    private protected override void Run<TPass>(TPass pass) => pass.Of(new Function(Alpha));

    private readonly struct Function(float alpha) : IElementwise
    {
        public TVector Value<TLanes, TVector>(TVector x)
            where TLanes : struct, ILanes<TVector> where TVector : struct
        {
            var (one, zero) = (TLanes.Create(1f), TLanes.Create(0f));
            var below = TLanes.Multiply(TLanes.Create(alpha), TLanes.Subtract(LaneMath.Exp<TLanes, TVector>(x), one));
            return TLanes.Select(TLanes.LessThan(zero, x), x, below);
        }

        // y′ = 1 above 0, α·eˣ elsewhere
        public TVector Slope<TLanes, TVector>(TVector x)
            where TLanes : struct, ILanes<TVector> where TVector : struct
        {
            var below = TLanes.Multiply(TLanes.Create(alpha), LaneMath.Exp<TLanes, TVector>(x));
            return TLanes.Select(TLanes.LessThan(TLanes.Create(0f), x), TLanes.Create(1f), below);
        }
    }
}
