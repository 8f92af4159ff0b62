using System.Collections.Immutable;
using ActorTrain.Actors.Bulk;
using ActorTrain.Server;

namespace ActorTrain.Actors.Protocol;

/// <summary>
/// What nodes of a cluster say to each other through Akka: rare and small. What every step needs goes over the bulk
/// connection that a <see cref="Welcome"/> names. Extend only: add records and manifests, never change one.
/// </summary>
public static class ClusterProtocol
{
    /// <summary>
    /// Version of this protocol and of the bulk frames; nodes of different versions refuse each other.
    /// </summary>
    public const int Version = 1;

    /// <summary>
    /// Worker to server, first, through the singleton's proxy. Answer: <see cref="Welcome"/> or <see cref="Refused"/>.
    /// Of a version other than <see cref="Version"/> only the first three are read, so that it can be refused in words.
    /// </summary>
    /// <param name="ProtocolVersion">The worker's <see cref="Version"/>.</param>
    /// <param name="SoftwareVersion">For logs, at most 200 bytes of UTF-8, as every name.</param>
    /// <param name="Node">The worker's name.</param>
    /// <param name="Shards">Its data shards, at least 1.</param>
    /// <param name="DataSha256">Its dataset's content hash, in hexadecimal.</param>
    /// <param name="DataName">Its dataset's name.</param>
    /// <param name="Kernels">Matrix multiplies that it has, at most 32 names.</param>
    public sealed record Hello(
        int ProtocolVersion, string SoftwareVersion, string Node, int Shards, string DataSha256, string DataName,
        ImmutableArray<string> Kernels) : IWireMessage
    {
        /// <summary>By content: an immutable array alone compares by reference.</summary>
        public bool Equals(Hello? other) =>
            other is not null && ProtocolVersion == other.ProtocolVersion && SoftwareVersion == other.SoftwareVersion
            && Node == other.Node && Shards == other.Shards && DataSha256 == other.DataSha256
            && DataName == other.DataName
            && Kernels.SequenceEqual(other.Kernels);

        /// <inheritdoc/>
        public override int GetHashCode() =>
            HashCode.Combine(ProtocolVersion, SoftwareVersion, Node, Shards, DataSha256);
    }

    /// <summary>Server to worker: attach to the bulk port and wait for orders.</summary>
    /// <param name="Run">Names the run.</param>
    /// <param name="Incarnation">The server's fencing number, at least 1.</param>
    /// <param name="RecipeJson">The recipe, at most 256 KiB of UTF-8.</param>
    /// <param name="Data">The dataset that the run trains on.</param>
    /// <param name="BulkHost">Where the server takes bulk connections.</param>
    /// <param name="BulkPort">The port there; 0: bulk data goes as <see cref="BulkChunk"/>.</param>
    /// <param name="Token">To present there.</param>
    public sealed record Welcome(
        Guid Run, long Incarnation, string RecipeJson, DataDescription Data, string BulkHost, int BulkPort,
        BulkToken Token)
        : IWireMessage;

    /// <summary>Server to worker or stand-by: you can not take part. Both sides log the reason.</summary>
    /// <param name="Reason">One sentence; what is beyond 1000 bytes of UTF-8 is cut off on the wire.</param>
    public sealed record Refused(string Reason) : IWireMessage;

    /// <summary>
    /// Stand-by to server. Answer: <see cref="StandbyWelcome"/> or <see cref="Refused"/>. Of another version, read as
    /// <see cref="Hello"/>.
    /// </summary>
    /// <param name="ProtocolVersion">The stand-by's <see cref="Version"/>.</param>
    /// <param name="SoftwareVersion">For logs.</param>
    /// <param name="Node">The stand-by's name.</param>
    public sealed record StandbyHello(int ProtocolVersion, string SoftwareVersion, string Node) : IWireMessage;

    /// <summary>Server to stand-by: attach to the bulk port and keep what comes.</summary>
    /// <param name="Run">Names the run.</param>
    /// <param name="Incarnation">The server's fencing number, at least 1.</param>
    /// <param name="BulkHost">Where the server takes bulk connections.</param>
    /// <param name="BulkPort">The port there; 0: bulk data comes as <see cref="BulkChunk"/>.</param>
    /// <param name="Token">To present there.</param>
    public sealed record StandbyWelcome(
        Guid Run, long Incarnation, string BulkHost, int BulkPort, BulkToken Token) : IWireMessage;

    /// <summary>Server to all: the run is over.</summary>
    /// <param name="Run">Names the run.</param>
    /// <param name="Incarnation">Of the server that ended it.</param>
    /// <param name="Phase">Finished, stopped or failed.</param>
    /// <param name="WeightsSha256">Of the last parameters, in hexadecimal.</param>
    /// <param name="Reason">Why it failed, none otherwise; cut off as in <see cref="Refused"/>.</param>
    public sealed record RunOver(
        Guid Run, long Incarnation, RunPhase Phase, string WeightsSha256, string? Reason) : IWireMessage;

    /// <summary>
    /// A piece of a bulk frame, for the link that goes through Akka. The pieces of a frame are its 64-byte header and
    /// its payload, one after another; the header is whole in piece 0.
    /// </summary>
    /// <param name="Stream">Names the frame among those of one sender.</param>
    /// <param name="Index">Which piece, from 0.</param>
    /// <param name="Count">How many pieces the frame has, at least 1.</param>
    /// <param name="Bytes">At most 120 KiB, and the header. Frozen: it is written out after the send.</param>
    public sealed record BulkChunk(long Stream, int Index, int Count, ReadOnlyMemory<byte> Bytes) : IWireMessage
    {
        /// <summary>By content.</summary>
        public bool Equals(BulkChunk? other) =>
            other is not null && (Stream, Index, Count) == (other.Stream, other.Index, other.Count)
            && Bytes.Span.SequenceEqual(other.Bytes.Span);

        /// <inheritdoc/>
        public override int GetHashCode() => HashCode.Combine(Stream, Index, Count, Bytes.Length);
    }
}
