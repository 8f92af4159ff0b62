using ActorTrain.Kernels;

namespace ActorTrain;

/// <summary>Sigmoid linear unit, y = x·σ(x), also called swish; PyTorch's <c>nn.SiLU</c>.</summary>
public sealed record SiLU : Activation
{
    /// <inheritdoc/>
    public override string ToString() => "SiLU()";

    private protected override void Run<TPass>(TPass pass) => pass.Of(new Function());

    private readonly struct Function : IElementwise
    {
        public TVector Value<TLanes, TVector>(TVector x)
            where TLanes : struct, ILanes<TVector> where TVector : struct =>
            TLanes.Multiply(x, LaneMath.Sigmoid<TLanes, TVector>(x));

        // y′ = σ·(1 + x·(1 − σ))
        public TVector Slope<TLanes, TVector>(TVector x)
            where TLanes : struct, ILanes<TVector> where TVector : struct
        {
            var (s, one) = (LaneMath.Sigmoid<TLanes, TVector>(x), TLanes.Create(1f));
            return TLanes.Multiply(s, TLanes.FusedMultiplyAdd(x, TLanes.Subtract(one, s), one));
        }
    }
}
