using System.Collections.Immutable;
using ActorTrain.Actors.Bulk;
using ActorTrain.Server;

namespace ActorTrain.Actors.Protocol;

/// <summary>
/// What is said through Akka where the parameters are split by range over nodes of role ps. Extend only, as
/// <see cref="ClusterProtocol"/>.
/// </summary>
public static class RangeProtocol
{
    /// <summary>
    /// Holder to server. Answer: <see cref="HolderWelcome"/>, <see cref="ClusterProtocol.Refused"/>, or none while all
    /// ranges have holders. Of another version, read as <see cref="ClusterProtocol.Hello"/>.
    /// </summary>
    /// <param name="ProtocolVersion">The holder's <see cref="ClusterProtocol.Version"/>.</param>
    /// <param name="SoftwareVersion">For logs.</param>
    /// <param name="Node">The holder's name.</param>
    /// <param name="BulkHost">Where it takes bulk connections of workers.</param>
    /// <param name="BulkPort">The port there.</param>
    /// <param name="Token">What workers are to show there.</param>
    public sealed record HolderHello(
        int ProtocolVersion, string SoftwareVersion, string Node, string BulkHost, int BulkPort, BulkToken Token)
        : IWireMessage;

    /// <summary>Server to holder: attach to the bulk port; the range comes there.</summary>
    /// <param name="Welcome">As to a worker.</param>
    /// <param name="Range">What it is to hold.</param>
    public sealed record HolderWelcome(ClusterProtocol.Welcome Welcome, ParameterRange Range) : IWireMessage;

    /// <summary>
    /// Server to worker: attach to the holders' bulk ports, then to the server's, and wait for orders.
    /// </summary>
    /// <param name="Welcome">As where the server holds the parameters.</param>
    /// <param name="Holders">Of all ranges, in order, at most <see cref="ParameterRange.Most"/>.</param>
    public sealed record SplitWelcome(
        ClusterProtocol.Welcome Welcome, ImmutableArray<HolderAddress> Holders) : IWireMessage
    {
        /// <summary>By content: an immutable array alone compares by reference.</summary>
        public bool Equals(SplitWelcome? other) =>
            other is not null && Welcome == other.Welcome && Holders.SequenceEqual(other.Holders);

        /// <inheritdoc/>
        public override int GetHashCode() => HashCode.Combine(Welcome, Holders.Length);
    }
}

/// <summary>Where a range is held.</summary>
/// <param name="Range">Which.</param>
/// <param name="BulkHost">Where its holder takes bulk connections.</param>
/// <param name="BulkPort">The port there.</param>
/// <param name="Token">To present there.</param>
public sealed record HolderAddress(ParameterRange Range, string BulkHost, int BulkPort, BulkToken Token);
