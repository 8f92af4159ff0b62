using System.Runtime.CompilerServices;

namespace ActorTrain.Kernels;

/// <summary>Width of a micropanel, in vectors.</summary>
internal interface IPanel
{
    static abstract int Vectors { get; }
}

/// <summary>The full width where there are 32 registers.</summary>
internal readonly struct Panel4 : IPanel
{
    public static int Vectors => 4;
}

/// <summary>The full width where there are 16 registers; the last columns where there are 32.</summary>
internal readonly struct Panel2 : IPanel
{
    public static int Vectors => 2;
}

/// <summary>The last columns of a matrix.</summary>
internal readonly struct Panel1 : IPanel
{
    public static int Vectors => 1;
}

/// <summary>
/// One row of a register tile: up to four vectors, of which the JIT drops those that the panel has not.
/// </summary>
internal static unsafe class Row<TLanes, TVector, TPanel>
    where TLanes : struct, ILanes<TVector> where TVector : struct where TPanel : struct, IPanel
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Load(float* from, ref TVector c0, ref TVector c1, ref TVector c2, ref TVector c3)
    {
        c0 = TLanes.Load(from);
        if (TPanel.Vectors >= 2) c1 = TLanes.Load(from + TLanes.Count);
        if (TPanel.Vectors < 4) return;
        c2 = TLanes.Load(from + (2 * TLanes.Count));
        c3 = TLanes.Load(from + (3 * TLanes.Count));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(float* to, TVector c0, TVector c1, TVector c2, TVector c3)
    {
        TLanes.Store(c0, to);
        if (TPanel.Vectors >= 2) TLanes.Store(c1, to + TLanes.Count);
        if (TPanel.Vectors < 4) return;
        TLanes.Store(c2, to + (2 * TLanes.Count));
        TLanes.Store(c3, to + (3 * TLanes.Count));
    }

    /// <summary>Asks for the row's cache lines, into L1.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Prefetch(float* row)
    {
        const int line = AlignedMemory.AlignmentBytes / sizeof(float);
        for (var i = 0; i < TPanel.Vectors * TLanes.Count; i += line) Packing.PrefetchNear(row + i);
    }

    /// <summary>c ← addend + c.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Add(float* addend, ref TVector c0, ref TVector c1, ref TVector c2, ref TVector c3)
    {
        c0 = TLanes.Add(TLanes.Load(addend), c0);
        if (TPanel.Vectors >= 2) c1 = TLanes.Add(TLanes.Load(addend + TLanes.Count), c1);
        if (TPanel.Vectors < 4) return;
        c2 = TLanes.Add(TLanes.Load(addend + (2 * TLanes.Count)), c2);
        c3 = TLanes.Add(TLanes.Load(addend + (3 * TLanes.Count)), c3);
    }

    /// <summary>c ← c + d.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Add(
        TVector d0, TVector d1, TVector d2, TVector d3, ref TVector c0, ref TVector c1, ref TVector c2, ref TVector c3)
    {
        c0 = TLanes.Add(c0, d0);
        if (TPanel.Vectors >= 2) c1 = TLanes.Add(c1, d1);
        if (TPanel.Vectors < 4) return;
        c2 = TLanes.Add(c2, d2);
        c3 = TLanes.Add(c3, d3);
    }

    /// <summary>c ← a·b + c, the next link of the row's chains.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Step(
        float* a, TVector b0, TVector b1, TVector b2, TVector b3, ref TVector c0, ref TVector c1, ref TVector c2,
        ref TVector c3)
    {
        var x = TLanes.Create(*a);
        c0 = TLanes.FusedMultiplyAdd(x, b0, c0);
        if (TPanel.Vectors >= 2) c1 = TLanes.FusedMultiplyAdd(x, b1, c1);
        if (TPanel.Vectors < 4) return;
        c2 = TLanes.FusedMultiplyAdd(x, b2, c2);
        c3 = TLanes.FusedMultiplyAdd(x, b3, c3);
    }
}
