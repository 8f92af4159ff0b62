using ActorTrain.Kernels;

namespace ActorTrain;

/// <summary>Hyperbolic tangent, y = tanh x; PyTorch's <c>nn.Tanh</c>.</summary>
public sealed record Tanh : Activation
{
    /// <inheritdoc/>
    public override string ToString() => "Tanh()";

    private protected override void Run<TPass>(TPass pass) => pass.Of(new Function());

    private readonly struct Function : IElementwise
    {
        public TVector Value<TLanes, TVector>(TVector x)
            where TLanes : struct, ILanes<TVector> where TVector : struct =>
            LaneMath.Tanh<TLanes, TVector>(x);

        // y′ = 1 − y²
        public TVector Slope<TLanes, TVector>(TVector x)
            where TLanes : struct, ILanes<TVector> where TVector : struct
        {
            var y = LaneMath.Tanh<TLanes, TVector>(x);
            return TLanes.Subtract(TLanes.Create(1f), TLanes.Multiply(y, y));
        }
    }
}
