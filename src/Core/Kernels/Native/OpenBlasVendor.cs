using System.Runtime.InteropServices;

namespace ActorTrain.Kernels;

/// <summary>OpenBLAS with 32-bit integers, whatever it was built to thread with.</summary>
internal sealed record OpenBlasVendor() : CblasVendor(
    "openblas",
    "libopenblas",
    ForThisSystem(
        linux: ["libopenblas.so.0", "libopenblas.so"],
        windows: ["libopenblas.dll", "openblas.dll"],
        mac: ["libopenblas.0.dylib", "libopenblas.dylib"]),
    "Install OpenBLAS; on Debian run: apt-get install libopenblas0-pthread. Or use --kernel managed.")
{
    /// <inheritdoc/>
    public override unsafe string Configure(nint handle)
    {
        ((delegate* unmanaged[Cdecl]<int, void>)NativeLibrary.GetExport(handle, "openblas_set_num_threads"))(1);
        var config = ((delegate* unmanaged[Cdecl]<nint>)NativeLibrary.GetExport(handle, "openblas_get_config"))();
        return $"{Text(config)}, 1 thread";
    }
}
