using System.Collections.Immutable;
using ActorTrain.Server;
using static ActorTrain.Actors.Protocol.RangeProtocol;

namespace ActorTrain.Actors.Protocol;

/// <summary>The bytes of <see cref="RangeProtocol"/>.</summary>
public static partial class WireFormat
{
    private static void Write(WireWriter writer, HolderHello m)
    {
        WriteGreeting(writer, m.ProtocolVersion, m.SoftwareVersion, m.Node);
        WriteBulk(writer, m.BulkHost, m.BulkPort, m.Token);
    }

    private static HolderHello ReadHolderHello(ref WireReader reader)
    {
        var (version, software, node) = ReadGreeting(ref reader);
        if (version != ClusterProtocol.Version) return new(version, software, node, "", 0, default);
        var (host, port, token) = ReadBulk(ref reader);
        reader.End();
        return new(version, software, node, host, port, token);
    }

    private static void Write(WireWriter writer, HolderWelcome m)
    {
        Write(writer, m.Range);
        Write(writer, m.Welcome);
    }

    private static HolderWelcome ReadHolderWelcome(ref WireReader reader)
    {
        var range = ReadRange(ref reader);
        return new(ReadWelcome(ref reader), range);
    }

    private static void Write(WireWriter writer, SplitWelcome m)
    {
        writer.Int32(m.Holders.Length, 1, ParameterRange.Most, "number of holders");
        foreach (var holder in m.Holders)
        {
            Write(writer, holder.Range);
            WriteBulk(writer, holder.BulkHost, holder.BulkPort, holder.Token);
        }
        Write(writer, m.Welcome);
    }

    private static SplitWelcome ReadSplitWelcome(ref WireReader reader)
    {
        var holders = ImmutableArray.CreateBuilder<HolderAddress>(
            reader.Int32(1, ParameterRange.Most, "number of holders"));
        while (holders.Count < holders.Capacity)
        {
            var range = ReadRange(ref reader);
            var (host, port, token) = ReadBulk(ref reader);
            holders.Add(new(range, host, port, token));
        }
        return new(ReadWelcome(ref reader), holders.MoveToImmutable());
    }

    private static void Write(WireWriter writer, ParameterRange range)
    {
        writer.Int32(range.Start, 0, int.MaxValue, "range's start");
        writer.Int32(range.Count, 1, int.MaxValue - range.Start, "range's length");
    }

    private static ParameterRange ReadRange(ref WireReader reader)
    {
        var start = reader.Int32(0, int.MaxValue, "range's start");
        return new(start, reader.Int32(1, int.MaxValue - start, "range's length"));
    }
}
