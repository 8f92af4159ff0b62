using System.Collections.Immutable;
using System.Runtime.InteropServices;

namespace ActorTrain.Kernels;

/// <summary>Intel MKL through its single dynamic library, which loads the right parts by itself.</summary>
internal sealed record MklVendor() : CblasVendor(
    "mkl",
    "libmkl_rt",
    ForThisSystem(
        linux: ["libmkl_rt.so.2", "libmkl_rt.so.1", "libmkl_rt.so"],
        windows: ["mkl_rt.2.dll", "mkl_rt.1.dll", "mkl_rt.dll"],
        mac: ["libmkl_rt.2.dylib", "libmkl_rt.1.dylib", "libmkl_rt.dylib"]),
    "Install Intel oneMKL, or on Debian add the component non-free and run: apt-get install libmkl-rt. "
    + "Or use --kernel managed.")
{
    // Values of mkl_service.h and mkl_types.h.
    private const int LayerSequential = 1, InterfaceLp64 = 0, AllSettings = -1;

    // Conditional numerical reproducibility. AUTO takes the best branch of this processor and fixes block sizes: a
    // product's bits depend on its sizes, not on addresses, which is what one leaf a call needs on processors of one
    // kind. (What else they depend on: see CblasMatMul.Gemm.) It costs nothing: 16×784×128 takes 20 µs on an Ice Lake
    // core, as without. STRICT adds independence of MKL's thread count, which is 1 here, and costs up to a half more
    // (32 µs); the AVX2 branch takes 1.5 times as long there, COMPATIBLE (SSE2, any processor) 7 times.
    private const int ReproducibleAuto = 2;
    private const int Success = 0;

    private static readonly Lock Configuring = new();

    /// <summary>Where an installation keeps its libraries: oneMKL's layouts of today and before 2024.</summary>
    /// <param name="root">The installation's folder; none or empty: no folders.</param>
    public static ImmutableArray<string> FoldersOf(string? root) => string.IsNullOrEmpty(root)
        ? []
        : [Path.Combine(root, "lib"), Path.Combine(root, "lib", "intel64"), Path.Combine(root, "bin")];

    /// <inheritdoc/>
    public override unsafe string Configure(nint handle)
    {
        lock (Configuring)
        {
            var setLayer = (delegate* unmanaged[Cdecl]<int, int>)NativeLibrary.GetExport(
                handle, "MKL_Set_Threading_Layer");
            var setInterface = (delegate* unmanaged[Cdecl]<int, int>)NativeLibrary.GetExport(
                handle, "MKL_Set_Interface_Layer");
            var setBranch = (delegate* unmanaged[Cdecl]<int, int>)NativeLibrary.GetExport(handle, "MKL_CBWR_Set");
            var getBranch = (delegate* unmanaged[Cdecl]<int, int>)NativeLibrary.GetExport(handle, "MKL_CBWR_Get");
            // These answer with what is in force, which is something else when MKL has computed before.
            var layer = setLayer(LayerSequential);
            var width = setInterface(InterfaceLp64);
            if (layer != LayerSequential || width != InterfaceLp64)
                throw InUse($"threading layer {layer} and interface layer {width}");
            // Set once: setting it again fails while another thread computes.
            var status = getBranch(AllSettings) == ReproducibleAuto ? Success : setBranch(ReproducibleAuto);
            var branch = getBranch(AllSettings);
            if (status != Success || branch != ReproducibleAuto)
                throw InUse($"reproducibility branch 0x{branch:X} (MKL_CBWR_Set answered {status})");
            return $"{Version(handle)}, sequential, CNR AUTO";
        }
    }

    private static unsafe string Version(nint handle)
    {
        const int capacity = 198; // as mkl_get_version_string's documentation asks
        var text = stackalloc byte[capacity];
        new Span<byte>(text, capacity).Clear();
        var getVersion = (delegate* unmanaged[Cdecl]<byte*, int, void>)NativeLibrary.GetExport(
            handle, "MKL_Get_Version_String");
        getVersion(text, capacity - 1);
        return Text((nint)text);
    }

    private KernelUnavailableException InUse(string setting) => new(
        Kernel,
        $"another part of this process already uses {Library} with {setting}.",
        "Create the kernel before anything else calls MKL. Or use --kernel managed.");
}
