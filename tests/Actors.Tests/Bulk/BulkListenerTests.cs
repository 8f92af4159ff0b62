using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using ActorTrain.Actors.Bulk;
using ActorTrain.Actors.Security;
using ActorTrain.Actors.Tests.Security;

namespace ActorTrain.Actors.Tests.Bulk;

/// <summary>Whoever is not a node of the cluster is refused, told once, and changes nothing.</summary>
[Collection(BulkTests.Name)]
public class BulkListenerTests
{
    private static readonly BulkSettings Quick = new() { AttachTimeout = TimeSpan.FromSeconds(0.5) };

    [Fact]
    public void Random_bytes() =>
        Refuses("not a frame of the bulk path", listener => Random.Shared.GetItems(Bytes(1, 255), 1000));

    [Fact]
    public void A_web_browser() => Refuses(
        "not a frame of the bulk path",
        _ => Encoding.ASCII.GetBytes("GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: a browser of nowadays\r\n\r\n"));

    [Fact]
    public void A_length_beyond_all_bounds() => Refuses(
        "a length that its kind does not have",
        _ => TestListener.Frame(new(BulkKind.Attach, PayloadBytes: int.MaxValue)));

    [Fact]
    public void Another_frame_before_the_attachment() => Refuses(
        "Weights before it was attached", _ => TestListener.Frame(new(BulkKind.Weights, PayloadBytes: 4), 1, 2, 3, 4));

    [Fact]
    public void A_token_that_nobody_gave() => Refuses(
        "a token that is not known",
        listener => [.. listener.AttachFrame()[..^1], (byte)(listener.AttachFrame()[^1] ^ 1)]);

    [Fact]
    public void Half_an_attachment_and_then_silence() =>
        Refuses("not attached within 0.5 s", listener => listener.AttachFrame()[..70]);

    [Fact]
    public void Silence() => Refuses("not attached within 0.5 s", _ => []);

    [Fact]
    public void A_token_is_good_once()
    {
        using var listener = new TestListener();
        using var first = listener.Connect(new TestOwner());
        Assert.NotNull(listener.Owner.Link);
        var second = new TestOwner();
        using var link = listener.Connect(second);
        Assert.NotEmpty(second.ClosingReason);
        Assert.Equal(["bulk path: refused 127.0.0.1: a token that is not known"], listener.Lines);
        first.Send(new(BulkKind.Order, Step: 1), default);
        Assert.Equal(1, listener.Owner.Next().Header.Step);
    }

    [Fact]
    public void A_payload_that_the_owner_does_not_expect_closes_the_link_before_it_is_read()
    {
        using var listener = new TestListener();
        using var peer = listener.ConnectRaw(
            listener.AttachFrame(), TestListener.Frame(new(BulkKind.Weights, PayloadBytes: int.MaxValue)));
        Assert.Equal("Weights with 2147483647 bytes", listener.Owner.ClosingReason);
        Assert.Equal(0, listener.Owner.ArrivedCount);
    }

    [Fact]
    public void Too_many_unattached_peers_are_turned_away_until_there_is_room()
    {
        using var listener = new TestListener(
            settings: Quick with { MaximumUnattached = 2, AttachTimeout = TimeSpan.FromSeconds(30) });
        var silent = new List<Socket> { listener.ConnectRaw(), listener.ConnectRaw() };
        Await(() => listener.Unattached == 2);
        using (var third = listener.ConnectRaw()) Assert.Equal(0, Receive(third));
        Assert.Equal(["bulk path: refused 127.0.0.1: 2 peers are connected and not attached"], listener.Lines);
        silent.ForEach(socket => socket.Dispose());
        Await(() => listener.Unattached == 0);
        using var link = listener.Connect(new TestOwner());
        Assert.NotNull(listener.Owner.Link);
    }

    [Fact]
    public void A_flood_of_refusals_is_told_in_a_few_lines()
    {
        using var listener = new TestListener();
        for (var i = 0; i < 200; i++) listener.ConnectRaw(Bytes(100, 164)).Dispose();
        Await(() => !listener.Lines.IsEmpty && listener.Unattached == 0);
        Assert.InRange(listener.Lines.Count, 1, 3);
        Assert.True(listener.IsUntouched);
    }

    [Fact]
    public void A_listener_that_ends_drops_who_is_not_attached_and_keeps_who_is()
    {
        var listener = new BulkListenerAndOwner();
        using var attached = listener.Connect();
        using var silent = listener.ConnectRaw();
        Await(() => listener.Listener.Unattached == 1);
        listener.Listener.Dispose();
        Assert.Equal(0, Receive(silent));
        attached.Send(new(BulkKind.Order, Step: 5), default);
        Assert.Equal(5, listener.Owner.Next().Header.Step);
    }

    [Fact]
    public void Clear_text_where_TLS_is_spoken() =>
        Refuses("no TLS", listener => listener.AttachFrame(), isSecured: true);

    [Fact]
    public void A_peer_without_a_certificate() => RefusesCertificate("it has no certificate", null);

    [Fact]
    public void A_certificate_of_another_authority() =>
        RefusesCertificate("its certificate is not from this cluster's authority", TestCertificates.Foreign);

    [Fact]
    public void An_expired_certificate() => RefusesCertificate("its certificate expired at ", TestCertificates.Expired);

    [Fact]
    public void A_right_certificate_for_another_host() =>
        RefusesCertificate("its certificate is for another host than 127.0.0.1", TestCertificates.OfAnotherHost);

    [Theory]
    [InlineData(nameof(TestCertificates.Foreign), "its certificate is not from this cluster's authority")]
    [InlineData(nameof(TestCertificates.Expired), "its certificate expired at ")]
    [InlineData(nameof(TestCertificates.OfAnotherHost), "its certificate is for another host than 127.0.0.1")]
    public void A_node_does_not_talk_to_a_listener_with(string certificate, string reason)
    {
        using var listener = new TestListener(TestCertificates.Tls(TestCertificates.Named(certificate)));
        var e = Assert.Throws<IOException>(() => listener.Connect(new TestOwner(), TestCertificates.Tls()));
        Assert.StartsWith(
            $"no bulk connection to 127.0.0.1:{listener.Port}: {reason}", e.Message, StringComparison.Ordinal);
        Assert.True(listener.IsUntouched);
    }

    private static void Refuses(string reason, Func<TestListener, byte[]> bytes, bool isSecured = false)
    {
        var tls = isSecured ? TestCertificates.Tls() : null;
        using var listener = new TestListener(tls, Quick);
        for (var attempt = 0; attempt < 2; attempt++)
        {
            using var peer = listener.ConnectRaw(bytes(listener));
            Assert.Equal(0, Receive(peer));
        }
        IsRefused(listener, reason, tls);
    }

    // With a client of its own: ours would not send such a certificate where the system's rules forbid it.
    private static void RefusesCertificate(string reason, X509Certificate2? certificate)
    {
        var tls = TestCertificates.Tls();
        using var listener = new TestListener(tls, Quick);
        for (var attempt = 0; attempt < 2; attempt++)
        {
            using var stream = new SslStream(
                new NetworkStream(listener.ConnectRaw(), ownsSocket: true), false, IsListener);
            try
            {
                stream.AuthenticateAsClient("127.0.0.1", certificate is null ? null : [certificate], false);
                stream.Write(listener.AttachFrame());
                Assert.Equal(0, stream.Read(new byte[1]));
            }
            catch (Exception e) when (e is IOException or AuthenticationException)
            {
                // The refusal reaches the client as an alert or a reset.
            }
        }
        IsRefused(listener, reason, tls);
    }

    private static bool IsListener(
        object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors) =>
        CertificateRule.Check(
            certificate as X509Certificate2,
            TestCertificates.Authority,
            CertificateUse.Server,
            "127.0.0.1",
            TestCertificates.Now) is null;

    private static void IsRefused(TestListener listener, string reason, ClusterTls? tls)
    {
        Await(() => listener.Unattached == 0 && !listener.Lines.IsEmpty);
        var line = Assert.Single(listener.Lines);
        Assert.StartsWith($"bulk path: refused 127.0.0.1: {reason}", line, StringComparison.Ordinal);
        Assert.True(listener.IsUntouched);
        Await(() => ReceivingThreads() == 0);
        // And a node of the cluster is served as if nothing had been.
        using var link = listener.Connect(new TestOwner(), tls);
        Assert.NotNull(listener.Owner.Link);
    }

    private static int ReceivingThreads() => !OperatingSystem.IsLinux()
        ? 0
        : Directory.EnumerateDirectories("/proc/self/task").Count(task =>
        {
            try
            {
                return File.ReadAllText(Path.Combine(task, "comm")).StartsWith("bulk in", StringComparison.Ordinal);
            }
            catch (IOException)
            {
                return false;
            }
        });

    private static byte[] Bytes(int from, int to) => [.. Enumerable.Range(from, to - from + 1).Select(b => (byte)b)];

    private static int Receive(Socket socket)
    {
        socket.ReceiveTimeout = (int)TestOwner.Patience.TotalMilliseconds;
        try
        {
            return socket.Receive(new byte[1]);
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.ConnectionReset)
        {
            return 0;
        }
    }

    private static void Await(Func<bool> condition) => Assert.True(SpinWait.SpinUntil(condition, TestOwner.Patience));

    private sealed class BulkListenerAndOwner
    {
        public BulkListenerAndOwner() => Listener = new("127.0.0.1", 0, null, _ => Owner, _ => { });

        public BulkListener Listener { get; }

        public TestOwner Owner { get; } = new();

        public BulkConnection Connect()
        {
            var link = BulkConnection.Connect(
                "127.0.0.1", Listener.Port, null, Guid.Empty, default, new TestOwner(), CancellationToken.None);
            Assert.NotNull(Owner.Link);
            return link;
        }

        public Socket ConnectRaw()
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            socket.Connect("127.0.0.1", Listener.Port);
            return socket;
        }
    }
}
