using System.Collections.Immutable;
using System.Runtime.Serialization;
using System.Text;
using ActorTrain.Actors.Bulk;
using ActorTrain.Server;
using static ActorTrain.Actors.Protocol.ClusterProtocol;
using static ActorTrain.Actors.Protocol.RangeProtocol;

namespace ActorTrain.Actors.Protocol;

/// <summary>
/// Bytes of every <see cref="IWireMessage"/>, a closed set: a manifest names the record, the fields follow in their
/// order. Pure. A manifest's layout never changes; a new layout is a new manifest.
/// </summary>
public static partial class WireFormat
{
    /// <summary>Most shards that a node says it has.</summary>
    internal const int MaxShards = 1024;

    private const int MaxPort = 65535;
    private const int MaxChunks = 65536;
    private const int MaxChunkBytes = WireLimits.BulkHeaderBytes + WireLimits.MaxChunkPayloadBytes;

    /// <summary>What names a message's type on the wire.</summary>
    /// <exception cref="SerializationException">It is no message of the wire.</exception>
    public static string ManifestOf(object message) => message switch
    {
        Hello => "H",
        Welcome => "W",
        Refused => "R",
        StandbyHello => "SH",
        StandbyWelcome => "SW",
        RunOver => "O",
        BulkChunk => "B",
        HolderHello => "PH",
        HolderWelcome => "PW",
        SplitWelcome => "WP",
        _ => throw new SerializationException($"{message.GetType()} is no message of the wire."),
    };

    /// <summary>A message's bytes.</summary>
    /// <exception cref="SerializationException">It is no message of the wire, or beyond its bounds.</exception>
    public static byte[] Encode(object message)
    {
        var writer = new WireWriter(message is BulkChunk chunk ? 20 + chunk.Bytes.Length : 256);
        switch (message)
        {
            case Hello m: Write(writer, m); break;
            case Welcome m: Write(writer, m); break;
            case Refused m: WriteReason(writer, m.Reason); break;
            case StandbyHello m: WriteGreeting(writer, m.ProtocolVersion, m.SoftwareVersion, m.Node); break;
            case StandbyWelcome m:
                WriteRun(writer, m.Run, m.Incarnation);
                WriteBulk(writer, m.BulkHost, m.BulkPort, m.Token);
                break;
            case RunOver m: Write(writer, m); break;
            case BulkChunk m: Write(writer, m); break;
            case HolderHello m: Write(writer, m); break;
            case HolderWelcome m: Write(writer, m); break;
            case SplitWelcome m: Write(writer, m); break;
            default: ManifestOf(message); break;
        }
        return writer.ToArray();
    }

    /// <summary>The message that some bytes mean.</summary>
    /// <param name="manifest">As <see cref="ManifestOf"/> gave it.</param>
    /// <param name="bytes">A bulk piece keeps a part of them.</param>
    /// <exception cref="SerializationException">The manifest is unknown, or the bytes are no such message.</exception>
    public static IWireMessage Decode(string manifest, ReadOnlyMemory<byte> bytes)
    {
        if (bytes.Length > WireLimits.MaxMessageBytes)
            Wire.Refuse($"it has {bytes.Length} bytes, more than {WireLimits.MaxMessageBytes}");
        var reader = new WireReader(bytes);
        switch (manifest)
        {
            case "H" when ReadGreeting(ref reader) is var (version, software, node):
                return version == ClusterProtocol.Version
                    ? ReadHello(ref reader, software, node)
                    : new Hello(version, software, node, 0, "", "", []);
            case "SH" when ReadGreeting(ref reader) is var (version, software, node):
                if (version == ClusterProtocol.Version) reader.End();
                return new StandbyHello(version, software, node);
            case "PH":
                return ReadHolderHello(ref reader);
        }
        IWireMessage message = manifest switch
        {
            "W" => ReadWelcome(ref reader),
            "R" => new Refused(ReadReason(ref reader)),
            "SW" => ReadStandbyWelcome(ref reader),
            "O" => ReadRunOver(ref reader),
            "B" => ReadBulkChunk(ref reader),
            "PW" => ReadHolderWelcome(ref reader),
            "WP" => ReadSplitWelcome(ref reader),
            _ => throw new SerializationException($"Wire message refused: unknown manifest '{manifest}'."),
        };
        reader.End();
        return message;
    }

    private static void Write(WireWriter writer, Hello m)
    {
        WriteGreeting(writer, m.ProtocolVersion, m.SoftwareVersion, m.Node);
        writer.Int32(m.Shards, 1, MaxShards, "shards");
        WriteName(writer, m.DataSha256, "data's hash");
        WriteName(writer, m.DataName, "data's name");
        writer.Int32(m.Kernels.Length, 0, WireLimits.MaxNames, "number of kernels");
        foreach (var kernel in m.Kernels) WriteName(writer, kernel, "kernel");
    }

    private static Hello ReadHello(ref WireReader reader, string software, string node)
    {
        var shards = reader.Int32(1, MaxShards, "shards");
        var (sha256, name) = (ReadName(ref reader, "data's hash"), ReadName(ref reader, "data's name"));
        var kernels = ImmutableArray.CreateBuilder<string>(reader.Int32(0, WireLimits.MaxNames, "number of kernels"));
        while (kernels.Count < kernels.Capacity) kernels.Add(ReadName(ref reader, "kernel"));
        reader.End();
        return new(ClusterProtocol.Version, software, node, shards, sha256, name, kernels.MoveToImmutable());
    }

    private static void Write(WireWriter writer, Welcome m)
    {
        WriteRun(writer, m.Run, m.Incarnation);
        writer.Text(m.RecipeJson, WireLimits.MaxRecipeBytes, "recipe");
        WriteName(writer, m.Data.Name, "data's name");
        WriteName(writer, m.Data.Sha256, "data's hash");
        int[] counts = [m.Data.TrainCount, m.Data.TestCount, m.Data.Rows, m.Data.Columns, m.Data.Classes];
        foreach (var count in counts) writer.Int32(count, 0, int.MaxValue, "a count of the data");
        writer.Single(m.Data.Normalization.Mean, "mean");
        writer.Single(m.Data.Normalization.StandardDeviation, "standard deviation");
        WriteBulk(writer, m.BulkHost, m.BulkPort, m.Token);
    }

    private static Welcome ReadWelcome(ref WireReader reader)
    {
        var (run, incarnation) = ReadRun(ref reader);
        var recipe = reader.Text(WireLimits.MaxRecipeBytes, "recipe");
        var (name, sha256) = (ReadName(ref reader, "data's name"), ReadName(ref reader, "data's hash"));
        Span<int> counts = stackalloc int[5];
        foreach (ref var count in counts) count = reader.Int32(0, int.MaxValue, "a count of the data");
        var normalization = new Normalization(reader.Single("mean"), reader.Single("standard deviation"));
        var (host, port, token) = ReadBulk(ref reader);
        return new(
            run, incarnation, recipe,
            new(name, sha256, counts[0], counts[1], counts[2], counts[3], counts[4], normalization),
            host, port, token);
    }

    private static StandbyWelcome ReadStandbyWelcome(ref WireReader reader)
    {
        var (run, incarnation) = ReadRun(ref reader);
        var (host, port, token) = ReadBulk(ref reader);
        return new(run, incarnation, host, port, token);
    }

    private static void Write(WireWriter writer, RunOver m)
    {
        WriteRun(writer, m.Run, m.Incarnation);
        writer.Byte(m.Phase switch
        {
            RunPhase.Finished => 1,
            RunPhase.Stopped => 2,
            RunPhase.Failed => 3,
            _ => throw new SerializationException($"Wire message refused: a run that is {m.Phase} is not over."),
        });
        WriteName(writer, m.WeightsSha256, "weights' hash");
        writer.Byte(m.Reason is null ? (byte)0 : (byte)1);
        if (m.Reason is not null) WriteReason(writer, m.Reason);
    }

    private static RunOver ReadRunOver(ref WireReader reader)
    {
        var (run, incarnation) = ReadRun(ref reader);
        var phase = reader.Byte() switch
        {
            1 => RunPhase.Finished,
            2 => RunPhase.Stopped,
            3 => RunPhase.Failed,
            var other => throw new SerializationException($"Wire message refused: phase is {other}."),
        };
        var sha256 = ReadName(ref reader, "weights' hash");
        var reason = reader.Byte() switch
        {
            0 => null,
            1 => ReadReason(ref reader),
            var other => throw new SerializationException($"Wire message refused: {other} marks no reason."),
        };
        return new(run, incarnation, phase, sha256, reason);
    }

    private static void Write(WireWriter writer, BulkChunk m)
    {
        writer.Int64(m.Stream, long.MinValue, "stream");
        writer.Int32(m.Index, 0, MaxChunks - 1, "index");
        writer.Int32(m.Count, m.Index + 1, MaxChunks, "count");
        if (m.Index == 0 && m.Bytes.Length < WireLimits.BulkHeaderBytes)
            Wire.Refuse("the first piece has no whole header");
        writer.Bytes(m.Bytes.Span, MaxChunkBytes, "piece");
    }

    private static BulkChunk ReadBulkChunk(ref WireReader reader)
    {
        var stream = reader.Int64(long.MinValue, "stream");
        var index = reader.Int32(0, MaxChunks - 1, "index");
        var count = reader.Int32(index + 1, MaxChunks, "count");
        var bytes = reader.Bytes(MaxChunkBytes, "piece");
        if (index == 0 && bytes.Length < WireLimits.BulkHeaderBytes) Wire.Refuse("the first piece has no whole header");
        return new(stream, index, count, bytes);
    }

    private static void WriteGreeting(WireWriter writer, int version, string software, string node)
    {
        writer.Int32(version, 0, int.MaxValue, "protocol version");
        WriteName(writer, software, "software version");
        WriteName(writer, node, "node");
    }

    private static (int Version, string Software, string Node) ReadGreeting(ref WireReader reader) =>
        (reader.Int32(0, int.MaxValue, "protocol version"), ReadName(ref reader, "software version"),
            ReadName(ref reader, "node"));

    private static void WriteRun(WireWriter writer, Guid run, long incarnation)
    {
        writer.Guid(run);
        writer.Int64(incarnation, 1, "incarnation");
    }

    private static (Guid Run, long Incarnation) ReadRun(ref WireReader reader) =>
        (reader.Guid(), reader.Int64(1, "incarnation"));

    private static void WriteBulk(WireWriter writer, string host, int port, BulkToken token)
    {
        WriteName(writer, host, "bulk host");
        writer.Int32(port, 0, MaxPort, "bulk port");
        writer.Token(token);
    }

    private static (string Host, int Port, BulkToken Token) ReadBulk(ref WireReader reader) =>
        (ReadName(ref reader, "bulk host"), reader.Int32(0, MaxPort, "bulk port"), reader.Token());

    private static void WriteName(WireWriter writer, string name, string field) =>
        writer.Text(name, WireLimits.MaxNameBytes, field);

    private static string ReadName(ref WireReader reader, string field) => reader.Text(WireLimits.MaxNameBytes, field);

    // Whole characters only, and a replacement for what is none: an error's text may hold anything.
    private static void WriteReason(WireWriter writer, string reason)
    {
        var clipped = new StringBuilder();
        var bytes = 0;
        foreach (var rune in reason.EnumerateRunes())
        {
            bytes += rune.Utf8SequenceLength;
            if (bytes > WireLimits.MaxReasonBytes) break;
            clipped.Append(rune.ToString());
        }
        writer.Text(clipped.ToString(), WireLimits.MaxReasonBytes, "reason");
    }

    private static string ReadReason(ref WireReader reader) => reader.Text(WireLimits.MaxReasonBytes, "reason");
}
