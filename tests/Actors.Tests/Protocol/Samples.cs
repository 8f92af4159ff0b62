using ActorTrain.Actors.Bulk;
using ActorTrain.Actors.Protocol;
using ActorTrain.Server;
using static ActorTrain.Actors.Protocol.ClusterProtocol;
using static ActorTrain.Actors.Protocol.RangeProtocol;

namespace ActorTrain.Actors.Tests.Protocol;

/// <summary>One message of each manifest, or more where a field may be missing.</summary>
internal static class Samples
{
    private static readonly Guid Run = Guid.Parse("00112233-4455-6677-8899-aabbccddeeff");
    private static readonly BulkToken Token = BulkToken.Read(Convert.FromHexString("0102030405060708090a0b0c0d0e0f10"));

    public static Hello Hello { get; } =
        new(ClusterProtocol.Version, "0.1.0", "a", 2, "ab12", "mnist", ["managed", "mkl"]);

    public static Welcome Welcome { get; } = new(
        Run, 3, "{}", new("mnist", "ab12", 60000, 10000, 28, 28, 10, new(0.1307f, 0.3081f)),
        "127.0.0.1", 4242, Token);

    public static HolderHello HolderHello { get; } =
        new(ClusterProtocol.Version, "0.1.0", "p", "127.0.0.1", 4242, Token);

    public static HolderAddress Holder { get; } = new(new(0, 16), "127.0.0.1", 4243, Token);

    public static IReadOnlyList<IWireMessage> All { get; } =
    [
        Hello,
        Welcome,
        new Refused("other data"),
        new StandbyHello(ClusterProtocol.Version, "0.1.0", "b"),
        new StandbyWelcome(Run, 3, "127.0.0.1", 4242, Token),
        new RunOver(Run, 3, RunPhase.Finished, "ab12", null),
        new RunOver(Run, 3, RunPhase.Failed, "ab12", "ö"),
        new BulkChunk(7, 1, 3, new byte[] { 1, 2, 3 }),
        HolderHello,
        new HolderWelcome(Welcome, new(16, 100)),
        new SplitWelcome(Welcome, [Holder, new(new(16, 100), "127.0.0.1", 4244, Token)]),
    ];
}
