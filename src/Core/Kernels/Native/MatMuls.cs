using System.Collections.Immutable;

namespace ActorTrain.Kernels;

/// <summary>The kernels that ship: <c>managed</c>, <c>mkl</c>, <c>openblas</c>.</summary>
public static class MatMuls
{
    /// <summary>Their names, in order of preference. Those of native libraries may be absent from a machine.</summary>
    public static ImmutableArray<string> Names => Catalog().Names;

    /// <summary>Name and maker of each, for <see cref="KernelChoice"/>.</summary>
    /// <param name="searchFolders">Where to look first for native libraries; for MKL then in the installation that
    /// <c>$MKLROOT</c> names, as oneMKL's own scripts set it.</param>
    public static KernelCatalog Catalog(params string[] searchFolders) => new(
        ("managed", () => new ManagedMatMul()),
        ("mkl", () => CblasMatMul.LoadMkl(
            [.. searchFolders, .. MklVendor.FoldersOf(Environment.GetEnvironmentVariable("MKLROOT"))])),
        ("openblas", () => CblasMatMul.LoadOpenBlas(searchFolders)));

    /// <summary>The kernel of that name.</summary>
    /// <param name="name">One of <see cref="Names"/>.</param>
    /// <param name="searchFolders">Where to look first for native libraries.</param>
    /// <exception cref="KernelUnavailableException">No kernel has that name, or it cannot be had here.</exception>
    public static IMatMul Create(string name, params string[] searchFolders) => Catalog(searchFolders).Create(name);
}
