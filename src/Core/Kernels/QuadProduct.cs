using System.Runtime.CompilerServices;

namespace ActorTrain.Kernels;

/// <summary>
/// Convolution with the output channels of a pixel as the lanes of a vector, and what follows the convolution while the
/// chains are in registers: so the largest of four is that of four vectors, and no lane is spent on a place where the
/// window does not fit. Each element is the same chain over (c, y, x), hence the bits of <see cref="PatchProduct"/>.
/// </summary>
/// <remarks>
/// A tile is three quads of pixels by two vectors where there are 32 registers, else one quad: 24 chains, or 8. For
/// each step of the chains it loads 2 vectors of weights and 12 pixels, 7 cycles, for 12 cycles of multiply-adds.
/// Weights stream from L2: 11 bytes a cycle.
/// </remarks>
internal static unsafe class QuadProduct<TLanes, TVector>
    where TLanes : struct, ILanes<TVector> where TVector : struct
{
    /// <summary>Quads of a tile.</summary>
    public static int Quads => TLanes.PanelVectors == 4 ? 3 : 1;

    /// <summary>Some channels of some quads.</summary>
    /// <param name="product">The channels and what follows.</param>
    /// <param name="quads">The pixels.</param>
    /// <param name="count">How many quads, from 1 to <see cref="Quads"/>.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Run(in QuadTile product, Quad* quads, int count)
    {
        if (product.Vectors == 2) Run<Panel2>(product, quads, count);
        else Run<Panel1>(product, quads, count);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Run<TPanel>(in QuadTile product, Quad* quads, int count) where TPanel : struct, IPanel
    {
        if (Quads == 3 && count == 3) Run<TPanel, Quads3>(product, quads);
        else if (Quads == 3 && count == 2) Run<TPanel, Quads2>(product, quads);
        else Run<TPanel, Quads1>(product, quads);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void Run<TPanel, TQuads>(in QuadTile product, Quad* quads)
        where TPanel : struct, IPanel where TQuads : struct, IQuadCount
    {
        TVector a00 = default, a01 = default, a10 = default, a11 = default;
        TVector a20 = default, a21 = default, a30 = default, a31 = default;
        TVector b00 = default, b01 = default, b10 = default, b11 = default;
        TVector b20 = default, b21 = default, b30 = default, b31 = default;
        TVector c00 = default, c01 = default, c10 = default, c11 = default;
        TVector c20 = default, c21 = default, c30 = default, c31 = default;
        float* a = quads[0].From, b = TQuads.Count > 1 ? quads[1].From : null;
        float* c = TQuads.Count > 2 ? quads[2].From : null, weight = product.Weight;
        nint right = product.From.Right, below = product.From.Below, both = right + below, stride = product.Stride;
        TVector w1 = default;
        for (int* offset = product.Offsets, end = offset + product.Depth; offset < end; offset++, weight += stride)
        {
            nint at = *offset;
            var w0 = TLanes.Load(weight);
            if (TPanel.Vectors == 2) w1 = TLanes.Load(weight + TLanes.Count);
            var p = a + at;
            Step<TPanel>(p, w0, w1, ref a00, ref a01);
            Step<TPanel>(p + right, w0, w1, ref a10, ref a11);
            Step<TPanel>(p + below, w0, w1, ref a20, ref a21);
            Step<TPanel>(p + both, w0, w1, ref a30, ref a31);
            if (TQuads.Count == 1) continue;
            p = b + at;
            Step<TPanel>(p, w0, w1, ref b00, ref b01);
            Step<TPanel>(p + right, w0, w1, ref b10, ref b11);
            Step<TPanel>(p + below, w0, w1, ref b20, ref b21);
            Step<TPanel>(p + both, w0, w1, ref b30, ref b31);
            if (TQuads.Count == 2) continue;
            p = c + at;
            Step<TPanel>(p, w0, w1, ref c00, ref c01);
            Step<TPanel>(p + right, w0, w1, ref c10, ref c11);
            Step<TPanel>(p + below, w0, w1, ref c20, ref c21);
            Step<TPanel>(p + both, w0, w1, ref c30, ref c31);
        }
        Finish(product, quads[0].To, 0, a00, a10, a20, a30);
        if (TPanel.Vectors == 2) Finish(product, quads[0].To, TLanes.Count, a01, a11, a21, a31);
        if (TQuads.Count == 1) return;
        Finish(product, quads[1].To, 0, b00, b10, b20, b30);
        if (TPanel.Vectors == 2) Finish(product, quads[1].To, TLanes.Count, b01, b11, b21, b31);
        if (TQuads.Count == 2) return;
        Finish(product, quads[2].To, 0, c00, c10, c20, c30);
        if (TPanel.Vectors == 2) Finish(product, quads[2].To, TLanes.Count, c01, c11, c21, c31);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Step<TPanel>(float* pixel, TVector w0, TVector w1, ref TVector sum0, ref TVector sum1)
        where TPanel : struct, IPanel
    {
        var x = TLanes.Create(*pixel);
        sum0 = TLanes.FusedMultiplyAdd(x, w0, sum0);
        if (TPanel.Vectors == 2) sum1 = TLanes.FusedMultiplyAdd(x, w1, sum1);
    }

    // One vector of channels of a quad.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Finish(
        in QuadTile product, float* to, int channel, TVector first, TVector right, TVector below, TVector both)
    {
        to += channel;
        if (product.Bias != null)
        {
            var bias = TLanes.Load(product.Bias + channel);
            (first, right) = (TLanes.Add(first, bias), TLanes.Add(right, bias));
            (below, both) = (TLanes.Add(below, bias), TLanes.Add(both, bias));
        }
        if (product.Before.HasAny)
        {
            (first, right) = (After(product.Before, channel, first), After(product.Before, channel, right));
            (below, both) = (After(product.Before, channel, below), After(product.Before, channel, both));
        }
        if (product.TakesLargest)
        {
            var largest = Larger(Larger(Larger(first, right), below), both);
            TLanes.Store(After(product.Behind, channel, largest), to);
            return;
        }
        TLanes.Store(first, to);
        TLanes.Store(right, to + product.To.Right);
        TLanes.Store(below, to + product.To.Below);
        TLanes.Store(both, to + product.To.Right + product.To.Below);
    }

    // As ChannelPlanes.Normalize, then ReLU.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector After(in ChannelSteps steps, int channel, TVector x)
    {
        if (steps.Mean != null)
        {
            x = TLanes.Multiply(
                TLanes.Subtract(x, TLanes.Load(steps.Mean + channel)), TLanes.Load(steps.Scale + channel));
            x = TLanes.Add(TLanes.Multiply(x, TLanes.Load(steps.Weight + channel)), TLanes.Load(steps.Bias + channel));
        }
        return steps.Relu ? TLanes.ClearWhereAtMost0(x, x) : x;
    }

    // As MaxOfFour: a NaN is larger than anything.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector Larger(TVector best, TVector next) => TLanes.Select(
        TLanes.Equal(next, next), TLanes.Select(TLanes.LessThan(best, next), next, best), next);

    private interface IQuadCount
    {
        static abstract int Count { get; }
    }

    private readonly struct Quads1 : IQuadCount
    {
        public static int Count => 1;
    }

    private readonly struct Quads2 : IQuadCount
    {
        public static int Count => 2;
    }

    private readonly struct Quads3 : IQuadCount
    {
        public static int Count => 3;
    }
}

/// <summary>Four pixels: one, one beside it, one below it, and one beside that.</summary>
internal unsafe struct Quad
{
    /// <summary>The first one's, in the first channel of the input.</summary>
    public float* From;

    /// <summary>Where its channels go, or those of the largest.</summary>
    public float* To;
}

/// <summary>Floats from the first pixel of a quad to the second, and to the third.</summary>
internal readonly record struct QuadSteps(nint Right, nint Below);

/// <summary>A normalisation of channels and a ReLU, where they are.</summary>
internal unsafe struct ChannelSteps
{
    /// <summary>µ of each channel; null: no normalisation.</summary>
    public float* Mean;

    /// <summary>1/√(σ² + ε) of each channel.</summary>
    public float* Scale;

    /// <summary>w of each channel.</summary>
    public float* Weight;

    /// <summary>b of each channel.</summary>
    public float* Bias;

    /// <summary>Whether what is not above 0 becomes 0.</summary>
    public bool Relu;

    /// <summary>Whether there is anything to do.</summary>
    public readonly bool HasAny => Mean != null || Relu;

    /// <summary>The same from another channel on.</summary>
    public readonly ChannelSteps From(int channel) => Mean == null
        ? this
        : this with
        {
            Mean = Mean + channel,
            Scale = Scale + channel,
            Weight = Weight + channel,
            Bias = Bias + channel,
        };
}

/// <summary>Channels of an output, one or two vectors of them, and what follows their chains.</summary>
internal unsafe struct QuadTile
{
    /// <summary>[depth, channels], from the first of the channels on.</summary>
    public float* Weight;

    /// <summary>Floats from one row of the weights to the next.</summary>
    public nint Stride;

    /// <summary>Vectors of channels.</summary>
    public int Vectors;

    /// <summary>Where in the input the pixels of each row of the weights lie, from a place of the window on.</summary>
    public int* Offsets;

    /// <summary>Rows of the weights.</summary>
    public int Depth;

    /// <summary>Of the input's pixels.</summary>
    public QuadSteps From;

    /// <summary>Of the output's pixels, where all four are stored.</summary>
    public QuadSteps To;

    /// <summary>Added to the chains; null: nothing.</summary>
    public float* Bias;

    /// <summary>What follows then.</summary>
    public ChannelSteps Before;

    /// <summary>Whether only the largest of four is stored.</summary>
    public bool TakesLargest;

    /// <summary>What follows that.</summary>
    public ChannelSteps Behind;
}
