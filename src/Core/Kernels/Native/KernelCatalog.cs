using System.Collections.Immutable;

namespace ActorTrain.Kernels;

/// <summary>The kernels that can be asked for by name. Making one may fail: its library may be absent.</summary>
/// <param name="kernels">Name and maker of each, in order of preference.</param>
public sealed class KernelCatalog(params ImmutableArray<(string Name, Func<IMatMul> Create)> kernels)
{
    /// <summary>The name that stands for a measured choice, see <see cref="KernelChoice"/>; no kernel has it.</summary>
    public const string Auto = "auto";

    /// <summary>The names, in order of preference.</summary>
    public ImmutableArray<string> Names { get; } = [.. kernels.Select(kernel => kernel.Name)];

    /// <summary>The kernel of that name.</summary>
    /// <exception cref="KernelUnavailableException">No kernel has that name, or it cannot be had here.</exception>
    public IMatMul Create(string name)
    {
        foreach (var kernel in kernels)
            if (kernel.Name == name) return kernel.Create();
        throw new KernelUnavailableException(
            name, "there is no such kernel.", $"Give one of {string.Join(", ", Names)}, or {Auto}.");
    }
}
