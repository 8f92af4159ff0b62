using ActorTrain.Kernels;

namespace ActorTrain;

/// <summary>
/// Smooth rectifier, y = ln(1 + e^(β·x)) / β, and x itself where β·x is above the threshold; PyTorch's
/// <c>nn.Softplus</c>.
/// </summary>
/// <param name="Beta">β, above 0.</param>
/// <param name="Threshold">From which β·x on y is x, from 0.</param>
public sealed record Softplus(float Beta = 1, float Threshold = 20) : Activation
{
    /// <summary>β, above 0.</summary>
    public float Beta { get; } = Allowed.Above0(Beta, nameof(Softplus), nameof(Beta));

    /// <summary>From which β·x on y is x, from 0.</summary>
    public float Threshold { get; } = Allowed.From0(Threshold, nameof(Softplus), nameof(Threshold));

    /// <inheritdoc/>
    public override string ToString() => string.Create(
        System.Globalization.CultureInfo.InvariantCulture, $"Softplus(beta={Beta}, threshold={Threshold})");

    private protected override void Run<TPass>(TPass pass) => pass.Of(new Function(Beta, Threshold));

    private readonly struct Function(float beta, float threshold) : IElementwise
    {
        public TVector Value<TLanes, TVector>(TVector x)
            where TLanes : struct, ILanes<TVector> where TVector : struct
        {
            var scaled = TLanes.Multiply(TLanes.Create(beta), x);
            var y = TLanes.Divide(
                LaneMath.Log1p<TLanes, TVector>(LaneMath.Exp<TLanes, TVector>(scaled)), TLanes.Create(beta));
            return TLanes.Select(TLanes.LessThan(TLanes.Create(threshold), scaled), x, y);
        }

        // y′ = σ(β·x), 1 above the threshold
        public TVector Slope<TLanes, TVector>(TVector x)
            where TLanes : struct, ILanes<TVector> where TVector : struct
        {
            var scaled = TLanes.Multiply(TLanes.Create(beta), x);
            return TLanes.Select(
                TLanes.LessThan(TLanes.Create(threshold), scaled), TLanes.Create(1f),
                LaneMath.Sigmoid<TLanes, TVector>(scaled));
        }
    }
}
