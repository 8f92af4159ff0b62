using System.Runtime.Serialization;
using ActorTrain.Actors.Bulk;
using ActorTrain.Actors.Protocol;
using ActorTrain.Server;
using FsCheck.Xunit;
using static ActorTrain.Actors.Protocol.ClusterProtocol;

namespace ActorTrain.Actors.Tests.Protocol;

public class WireFormatTests
{
    private static readonly string[] Manifests = [.. Samples.All.Select(WireFormat.ManifestOf).Distinct()];

    public static TheoryData<int> Indices => [.. Enumerable.Range(0, Samples.All.Count)];

    [Fact]
    public void The_bytes_of_every_manifest_stay_as_they_are() => Assert.Equal(
        """
        H 0100000005000000302e312e300100000061020000000400000061623132050000006d6e69737402000000070000006d
          616e61676564030000006d6b6c
        W 00112233445566778899aabbccddeeff0300000000000000020000007b7d050000006d6e697374040000006162313260
          ea0000102700001c0000001c0000000a00000039d6053e48bf9d3e090000003132372e302e302e319210000001020304
          05060708090a0b0c0d0e0f10
        R 0a0000006f746865722064617461
        SH 0100000005000000302e312e300100000062
        SW 00112233445566778899aabbccddeeff0300000000000000090000003132372e302e302e319210000001020304050607
          08090a0b0c0d0e0f10
        O 00112233445566778899aabbccddeeff030000000000000001040000006162313200
        O 00112233445566778899aabbccddeeff03000000000000000304000000616231320102000000c3b6
        B 0700000000000000010000000300000003000000010203
        PH 0100000005000000302e312e300100000070090000003132372e302e302e31921000000102030405060708090a0b0c0d0e0f1
          0
        PW 100000006400000000112233445566778899aabbccddeeff0300000000000000020000007b7d050000006d6e6973740400000
          06162313260ea0000102700001c0000001c0000000a00000039d6053e48bf9d3e090000003132372e302e302e3192100
          0000102030405060708090a0b0c0d0e0f10
        WP 020000000000000010000000090000003132372e302e302e31931000000102030405060708090a0b0c0d0e0f1010000000640
          00000090000003132372e302e302e31941000000102030405060708090a0b0c0d0e0f1000112233445566778899aabbc
          cddeeff0300000000000000020000007b7d050000006d6e697374040000006162313260ea0000102700001c0000001c0
          000000a00000039d6053e48bf9d3e090000003132372e302e302e31921000000102030405060708090a0b0c0d0e0f10
        """.ReplaceLineEndings("\n").Replace("\n  ", "", StringComparison.Ordinal),
        string.Join('\n', Samples.All.Select(
            m => $"{WireFormat.ManifestOf(m)} {Convert.ToHexStringLower(WireFormat.Encode(m))}")));

    [Fact]
    public void Every_message_of_the_wire_has_a_sample() => Assert.Equal(
        typeof(IWireMessage).Assembly.GetTypes().Where(t => t.IsClass && t.IsAssignableTo(typeof(IWireMessage)))
            .Select(t => t.Name).Order(),
        Samples.All.Select(m => m.GetType().Name).Distinct().Order());

    [Theory, MemberData(nameof(Indices))]
    public void A_message_is_read_as_it_was_written(int index) =>
        Assert.Equal(Samples.All[index], RoundTrip(Samples.All[index]));

    [Theory, MemberData(nameof(Indices))]
    public void A_message_that_ends_early_or_late_is_refused(int index)
    {
        var (manifest, bytes) = (WireFormat.ManifestOf(Samples.All[index]), WireFormat.Encode(Samples.All[index]));
        for (var length = 0; length < bytes.Length; length++)
            Assert.Throws<SerializationException>(() => WireFormat.Decode(manifest, bytes.AsMemory(0, length)));
        Assert.Throws<SerializationException>(() => WireFormat.Decode(manifest, (byte[])[.. bytes, 0]));
    }

    [Property(MaxTest = 2000)]
    public bool Random_bytes_are_refused_or_are_a_message(byte[] bytes) =>
        Manifests.All(manifest => IsRefusedOrCanonical(manifest, bytes));

    [Property(MaxTest = 2000)]
    public bool A_damaged_message_is_refused_or_is_another_message(int sample, int place, byte value)
    {
        var message = Samples.All[(int)((uint)sample % Samples.All.Count)];
        var bytes = WireFormat.Encode(message);
        bytes[(int)((uint)place % bytes.Length)] = value;
        return IsRefusedOrCanonical(WireFormat.ManifestOf(message), bytes);
    }

    [Fact]
    public void A_length_beyond_what_is_there_takes_no_memory()
    {
        byte[] bytes = [1, 0, 0, 0, 255, 255, 255, 127];
        var before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Throws<SerializationException>(() => WireFormat.Decode("H", bytes));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 64 * 1024);
    }

    [Theory, InlineData(""), InlineData("h"), InlineData("System.String")]
    public void An_unknown_manifest_is_refused(string manifest) => Assert.Equal(
        $"Wire message refused: unknown manifest '{manifest}'.",
        Assert.Throws<SerializationException>(() => WireFormat.Decode(manifest, new byte[8])).Message);

    [Fact]
    public void Whatever_is_no_message_of_the_wire_is_not_written()
    {
        Assert.Throws<SerializationException>(() => WireFormat.ManifestOf("text"));
        Assert.Throws<SerializationException>(
            () => WireFormat.Encode(new TrainingProtocol.CheckpointWritten(1, "file")));
    }

    [Fact]
    public void The_longest_message_fits_into_a_frame_and_a_longer_one_is_refused()
    {
        var longest = Samples.Welcome with
        {
            RecipeJson = new('r', WireLimits.MaxRecipeBytes),
            BulkHost = Name(),
            Data = Samples.Welcome.Data with { Name = Name(), Sha256 = Name() },
        };
        Assert.Equal(longest, RoundTrip(longest));
        Assert.InRange(WireFormat.Encode(longest).Length, WireLimits.MaxRecipeBytes, WireLimits.MaxMessageBytes);
        var longer = longest with { RecipeJson = longest.RecipeJson + "r" };
        Assert.Equal(
            "Wire message refused: recipe's length is 262145, not 0 to 262144.",
            Assert.Throws<SerializationException>(() => WireFormat.Encode(longer)).Message);
        Assert.Throws<SerializationException>(() => WireFormat.Decode("R", new byte[WireLimits.MaxMessageBytes + 1]));
        var split = new RangeProtocol.SplitWelcome(
            longest,
            [.. Enumerable.Repeat(Samples.Holder with { BulkHost = Name() }, ParameterRange.Most)]);
        Assert.Equal(split, RoundTrip(split));

        static string Name() => new('n', WireLimits.MaxNameBytes);
    }

    [Fact]
    public void What_is_beyond_its_bounds_is_not_written()
    {
        object[] beyond =
        [
            Samples.Hello with { Node = new('ö', WireLimits.MaxNameBytes / 2 + 1) },
            Samples.Hello with { Node = "\ud800" },
            Samples.Hello with { Shards = 0 },
            Samples.Hello with { Kernels = [.. Enumerable.Repeat("k", WireLimits.MaxNames + 1)] },
            Samples.Welcome with { Incarnation = 0 },
            Samples.Welcome with { BulkPort = 65536 },
            new RunOver(Guid.Empty, 1, RunPhase.Running, "", null),
            new RangeProtocol.HolderWelcome(Samples.Welcome, new(0, 0)),
            new RangeProtocol.HolderWelcome(Samples.Welcome, new(int.MaxValue, 1)),
            new RangeProtocol.SplitWelcome(Samples.Welcome, []),
            new RangeProtocol.SplitWelcome(
                Samples.Welcome, [.. Enumerable.Repeat(Samples.Holder, ParameterRange.Most + 1)]),
            new BulkChunk(0, 1, 1, new byte[1]),
            new BulkChunk(0, 0, 1, new byte[WireLimits.BulkHeaderBytes - 1]),
            new BulkChunk(0, 1, 2, new byte[WireLimits.BulkHeaderBytes + WireLimits.MaxChunkPayloadBytes + 1]),
        ];
        Assert.All(beyond, message => Assert.Throws<SerializationException>(() => WireFormat.Encode(message)));
    }

    [Fact]
    public void A_reason_of_any_text_arrives_cut_off_after_a_whole_character()
    {
        Assert.Equal(new Refused("a\ufffdb"), RoundTrip(new Refused("a\ud800b")));
        Assert.Equal(new Refused(new('ö', 500)), RoundTrip(new Refused(new('ö', 700))));
        Assert.Equal(new Refused(new string('x', 999)), RoundTrip(new Refused(new string('x', 999) + "ö")));
    }

    [Fact]
    public void A_greeting_of_another_version_can_be_read_to_be_refused()
    {
        var other = Samples.Hello with { ProtocolVersion = ClusterProtocol.Version + 1 };
        byte[] bytes = [.. WireFormat.Encode(other), 1, 2, 3];
        Assert.Equal(
            other with { Shards = 0, DataSha256 = "", DataName = "", Kernels = [] }, WireFormat.Decode("H", bytes));
        var standby = new StandbyHello(ClusterProtocol.Version + 1, "9.0.0", "b");
        Assert.Equal(standby, WireFormat.Decode("SH", (byte[])[.. WireFormat.Encode(standby), 1, 2, 3]));
        var holder = Samples.HolderHello with { ProtocolVersion = ClusterProtocol.Version + 1 };
        Assert.Equal(
            holder with { BulkHost = "", BulkPort = 0, Token = default },
            WireFormat.Decode("PH", (byte[])[.. WireFormat.Encode(holder), 1, 2, 3]));
    }

    [Fact]
    public void A_bulk_piece_is_read_without_a_copy()
    {
        var bytes = WireFormat.Encode(new BulkChunk(1, 1, 2, new byte[] { 5, 6 }));
        var chunk = (BulkChunk)WireFormat.Decode("B", bytes);
        bytes[^1] = 7;
        Assert.Equal([5, 7], chunk.Bytes.ToArray());
    }

    [Fact]
    public void A_token_is_random_and_never_printed()
    {
        Assert.NotEqual(BulkToken.Create(), BulkToken.Create());
        Assert.Contains("Token = token }", Samples.Welcome.ToString(), StringComparison.Ordinal);
    }

    private static IWireMessage RoundTrip(IWireMessage message) =>
        WireFormat.Decode(WireFormat.ManifestOf(message), WireFormat.Encode(message));

    private static bool IsRefusedOrCanonical(string manifest, byte[] bytes)
    {
        try
        {
            var message = WireFormat.Decode(manifest, bytes);
            return message is Hello { ProtocolVersion: not ClusterProtocol.Version }
                    or StandbyHello { ProtocolVersion: not ClusterProtocol.Version }
                    or RangeProtocol.HolderHello { ProtocolVersion: not ClusterProtocol.Version }
                || WireFormat.Encode(message).AsSpan().SequenceEqual(bytes);
        }
        catch (SerializationException)
        {
            return true;
        }
    }
}
