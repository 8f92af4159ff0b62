using System.Collections.Immutable;
using System.Runtime.InteropServices;

namespace ActorTrain.Kernels;

/// <summary>
/// A native BLAS, found at run time and set to compute on the calling thread only. Never unloaded: such libraries keep
/// state of the whole process.
/// </summary>
internal sealed unsafe class CblasLibrary
{
    public const int RowMajor = 101, ColumnMajor = 102;
    public const int NoTranspose = 111, Transpose = 112;

    private CblasLibrary(nint handle, string kernel, string description)
    {
        Kernel = kernel;
        Description = description;
        Sgemm = (delegate* unmanaged[Cdecl]<int, int, int, int, int, int, float, float*, int, float*, int, float,
            float*,
            int, void>)NativeLibrary.GetExport(handle, "cblas_sgemm");
        Dgemm = (delegate* unmanaged[Cdecl]<int, int, int, int, int, int, double, double*, int, double*, int, double,
            double*, int, void>)NativeLibrary.GetExport(handle, "cblas_dgemm");
    }

    /// <summary>The kernel's name.</summary>
    public string Kernel { get; }

    /// <summary>What was loaded and how it is set, for logs.</summary>
    public string Description { get; }

    /// <summary>C ← α op(A) op(B) + β C: layout, opA, opB, M, N, K, α, A, lda, B, ldb, β, C, ldc.</summary>
    public delegate* unmanaged[Cdecl]<int, int, int, int, int, int, float, float*, int, float*, int, float, float*, int,
        void> Sgemm
    { get; }

    /// <summary>The same in float64.</summary>
    public delegate* unmanaged[Cdecl]<int, int, int, int, int, int, double, double*, int, double*, int, double, double*,
        int, void> Dgemm
    { get; }

    /// <summary>Loads the first of the vendor's files: from the folders in their order, then as the system
    /// searches.</summary>
    /// <exception cref="KernelUnavailableException">There is none, or it cannot be set as the kernel needs
    /// it.</exception>
    public static CblasLibrary Load(CblasVendor vendor, ReadOnlySpan<string> searchFolders)
    {
        foreach (var folder in searchFolders)
            foreach (var file in vendor.FileNames)
                if (NativeLibrary.TryLoad(Path.Combine(folder, file), out var handle))
                    return Open(handle, Path.Combine(folder, file), vendor);
        foreach (var file in vendor.FileNames)
            if (NativeLibrary.TryLoad(file, out var handle))
                return Open(handle, file, vendor);
        var also = searchFolders.IsEmpty ? "" : $", also in {string.Join(", ", searchFolders.ToArray())}";
        throw new KernelUnavailableException(
            vendor.Kernel, $"{vendor.Library} was not found (looked for {string.Join(", ", vendor.FileNames)}{also}).",
            vendor.Install);
    }

    private static CblasLibrary Open(nint handle, string file, CblasVendor vendor)
    {
        try
        {
            return new(handle, vendor.Kernel, vendor.Configure(handle));
        }
        catch (EntryPointNotFoundException)
        {
            throw new KernelUnavailableException(
                vendor.Kernel, $"{file} lacks functions that {vendor.Library} should have.", vendor.Install);
        }
    }
}

/// <summary>How one maker's BLAS is called in files, installed, and held to one thread and to reproducible
/// bits.</summary>
/// <param name="Kernel">The kernel's name.</param>
/// <param name="Library">The library's name in messages.</param>
/// <param name="FileNames">Names to try on this system, in order.</param>
/// <param name="Install">How to install it, and what to use without it.</param>
internal abstract record CblasVendor(string Kernel, string Library, ImmutableArray<string> FileNames, string Install)
{
    /// <summary>Sets the library, which must not have computed yet.</summary>
    /// <returns>What was loaded and how it is set.</returns>
    /// <exception cref="KernelUnavailableException">It refuses.</exception>
    public abstract string Configure(nint handle);

    protected static ImmutableArray<string> ForThisSystem(
        ImmutableArray<string> linux, ImmutableArray<string> windows, ImmutableArray<string> mac) =>
        OperatingSystem.IsWindows() ? windows : OperatingSystem.IsMacOS() ? mac : linux;

    protected static string Text(nint nulTerminated) => Marshal.PtrToStringUTF8(nulTerminated)?.Trim() ?? "";
}
