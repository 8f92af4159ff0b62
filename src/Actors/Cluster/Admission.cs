using ActorTrain.Actors.Protocol;

namespace ActorTrain.Actors;

/// <summary>Who may take part in a run. Pure.</summary>
internal static class Admission
{
    /// <summary>Why a worker can not take part, as a sentence for both sides; none: it can.</summary>
    /// <param name="hello">What it says of itself.</param>
    /// <param name="plan">The run.</param>
    /// <param name="softwareVersion">The server's.</param>
    public static string? Refusal(ClusterProtocol.Hello hello, TrainingPlan plan, string softwareVersion)
    {
        if (VersionRefusal(hello.ProtocolVersion, hello.SoftwareVersion, softwareVersion) is { } version)
            return version;
        if (Refusal(hello.DataName, hello.DataSha256, plan.Data) is { } data) return data;
        return hello.Kernels.Contains(plan.Recipe.Kernel)
            ? null
            : $"this run's kernel is {plan.Recipe.Kernel}, the node has "
                + $"{(hello.Kernels.IsEmpty ? "none" : string.Join(", ", hello.Kernels))}; "
                + $"install {plan.Recipe.Kernel} there, or train with --kernel managed, which every machine has.";
    }

    /// <summary>The same for its data, which a stand-by compares itself: its hello does not tell it.</summary>
    /// <param name="name">The node's dataset.</param>
    /// <param name="sha256">The hash of its content.</param>
    /// <param name="run">What the run trains on.</param>
    public static string? Refusal(string name, string sha256, DataDescription run) => sha256 == run.Sha256
        ? null
        : $"its dataset '{name}' has SHA-256 {Short(sha256)}, this run trains on '{run.Name}' with "
            + $"{Short(run.Sha256)}; give the node the same data (--data), undamaged.";

    /// <summary>
    /// The same for a stand-by, which needs no kernel until it takes over; <see cref="StandbyKeeper"/> looks at the
    /// data.
    /// </summary>
    public static string? Refusal(ClusterProtocol.StandbyHello hello, string softwareVersion) =>
        VersionRefusal(hello.ProtocolVersion, hello.SoftwareVersion, softwareVersion);

    /// <summary>The same for a node that is to hold a range of the parameters.</summary>
    /// <param name="hello">What it says of itself.</param>
    /// <param name="isSplit">Whether the run's parameters are split.</param>
    /// <param name="softwareVersion">The server's.</param>
    public static string? Refusal(RangeProtocol.HolderHello hello, bool isSplit, string softwareVersion) =>
        VersionRefusal(hello.ProtocolVersion, hello.SoftwareVersion, softwareVersion)
        ?? (isSplit
            ? null
            : "the server holds all parameters itself; give it --parameter-servers N to split them over N nodes of "
                + "role ps.");

    private static string? VersionRefusal(int protocol, string software, string own) =>
        protocol == ClusterProtocol.Version && software == own
            ? null
            : $"it runs version {software} (protocol {protocol}), the server {own} (protocol "
                + $"{ClusterProtocol.Version}); install the same version on all nodes.";

    private static string Short(string sha256) => sha256.Length > 12 ? sha256[..12] + "…" : sha256;
}
