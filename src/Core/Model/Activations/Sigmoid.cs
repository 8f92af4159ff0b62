using ActorTrain.Kernels;

namespace ActorTrain;

/// <summary>Logistic function, y = 1 / (1 + e⁻ˣ); PyTorch's <c>nn.Sigmoid</c>.</summary>
public sealed record Sigmoid : Activation
{
    /// <inheritdoc/>
    public override string ToString() => "Sigmoid()";

    private protected override void Run<TPass>(TPass pass) => pass.Of(new Function());

    private readonly struct Function : IElementwise
    {
        public TVector Value<TLanes, TVector>(TVector x)
            where TLanes : struct, ILanes<TVector> where TVector : struct =>
            LaneMath.Sigmoid<TLanes, TVector>(x);

        // y′ = y·(1 − y)
        public TVector Slope<TLanes, TVector>(TVector x)
            where TLanes : struct, ILanes<TVector> where TVector : struct
        {
            var y = LaneMath.Sigmoid<TLanes, TVector>(x);
            return TLanes.Multiply(y, TLanes.Subtract(TLanes.Create(1f), y));
        }
    }
}
