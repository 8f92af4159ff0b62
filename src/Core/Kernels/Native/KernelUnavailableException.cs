namespace ActorTrain.Kernels;

/// <summary>
/// A matrix-multiply kernel was asked for by name and cannot be had here: its native library is absent or refuses to
/// work as the kernel needs, or no kernel has that name. The message says what to do.
/// </summary>
/// <param name="kernel">The name that was asked for.</param>
/// <param name="problem">What is wrong, as a sentence.</param>
/// <param name="remedy">What to do, as one sentence or more.</param>
public sealed class KernelUnavailableException(string kernel, string problem, string remedy)
    : Exception($"Kernel \"{kernel}\": {problem} {remedy}")
{
    /// <summary>The name that was asked for.</summary>
    public string Kernel { get; } = kernel;

    /// <summary>What is wrong.</summary>
    public string Problem { get; } = problem;

    /// <summary>What to do about it.</summary>
    public string Remedy { get; } = remedy;
}
