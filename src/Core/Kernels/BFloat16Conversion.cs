using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace ActorTrain.Kernels;

/// <summary>float32 to bfloat16 and back, with the same bits at every vector width: integer operations only.</summary>
internal static class BFloat16Conversion
{
    private const uint QuietBit = 0x0040_0000;
    private const uint JustBelowHalf = 0x7FFF;
    private const uint Infinity = 0x7F80_0000;
    private const uint NoSign = 0x7FFF_FFFF;

    /// <summary>Rounded to nearest, ties to even; a NaN stays one.</summary>
    public static void FromFloats(ReadOnlySpan<float> source, Span<ushort> destination)
    {
        var bits = MemoryMarshal.Cast<float, uint>(source);
        var i = 0;
        for (; i <= bits.Length - Vector256<ushort>.Count; i += Vector256<ushort>.Count)
        {
            var lower = Round(Vector256.Create(bits[i..]));
            var upper = Round(Vector256.Create(bits[(i + Vector256<uint>.Count)..]));
            Vector256.Narrow(lower, upper).CopyTo(destination[i..]);
        }
        for (; i < bits.Length; i++)
        {
            var x = bits[i];
            destination[i] =
                (ushort)(((x & NoSign) > Infinity ? x | QuietBit : x + JustBelowHalf + ((x >> 16) & 1)) >> 16);
        }
    }

    /// <summary>Exact.</summary>
    public static void ToFloats(ReadOnlySpan<ushort> source, Span<float> destination)
    {
        var bits = MemoryMarshal.Cast<float, uint>(destination);
        var i = 0;
        for (; i <= source.Length - Vector256<ushort>.Count; i += Vector256<ushort>.Count)
        {
            var (lower, upper) = Vector256.Widen(Vector256.Create(source[i..]));
            (lower << 16).CopyTo(bits[i..]);
            (upper << 16).CopyTo(bits[(i + Vector256<uint>.Count)..]);
        }
        for (; i < source.Length; i++) bits[i] = (uint)source[i] << 16;
    }

    private static Vector256<uint> Round(Vector256<uint> x)
    {
        var isNaN = Vector256.GreaterThan((x & Vector256.Create(NoSign)).AsInt32(), Vector256.Create((int)Infinity))
            .AsUInt32();
        var rounded = x + Vector256.Create(JustBelowHalf) + ((x >>> 16) & Vector256<uint>.One);
        return Vector256.ConditionalSelect(isNaN, x | Vector256.Create(QuietBit), rounded) >>> 16;
    }
}
