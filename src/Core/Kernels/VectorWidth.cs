using System.Runtime.Intrinsics;

namespace ActorTrain.Kernels;

/// <summary>
/// Which registers the managed kernels use on this processor. Results do not depend on it, speed does.
/// </summary>
public static class VectorWidth
{
    /// <summary>
    /// Bits of a vector register: 512, 256 or 128, or 32 where there is no vector unit (or it is switched off).
    /// </summary>
    public static int Bits =>
        Vector512.IsHardwareAccelerated ? 512
        : Vector256.IsHardwareAccelerated ? 256
        : Vector128.IsHardwareAccelerated ? 128
        : 32;
}
