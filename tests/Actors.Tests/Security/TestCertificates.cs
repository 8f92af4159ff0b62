using System.Security.Cryptography.X509Certificates;
using ActorTrain.Actors.Security;

namespace ActorTrain.Actors.Tests.Security;

/// <summary>A cluster's authority, a node of it, and those that must be refused.</summary>
internal static class TestCertificates
{
    public static readonly string[] Loopback = ["localhost", "127.0.0.1", "::1"];
    public static readonly DateTimeOffset Now = TimeProvider.System.GetUtcNow();

    private static readonly CertificateAuthority Cluster = Create();

    public static readonly X509Certificate2 Authority = X509CertificateLoader.LoadCertificate(
        Cluster.Certificate.RawData);
    public static readonly X509Certificate2 Node = Issue(Cluster, Loopback);
    public static readonly X509Certificate2 Foreign = Issue(Create(), Loopback);
    public static readonly X509Certificate2 OfAnotherHost = Issue(Cluster, ["worker-2", "192.0.2.7"]);
    public static readonly X509Certificate2 Expired = Cluster.Issue(Loopback, Now.AddDays(-3), Now.AddDays(-1));

    public static ClusterTls Tls(X509Certificate2? node = null) => new(Identity(node), TimeProvider.System);

    public static ClusterIdentity Identity(X509Certificate2? node = null) => new(Authority, node ?? Node);

    public static X509Certificate2 Named(string name) => name switch
    {
        nameof(Node) => Node,
        nameof(Foreign) => Foreign,
        nameof(OfAnotherHost) => OfAnotherHost,
        nameof(Expired) => Expired,
        _ => throw new ArgumentOutOfRangeException(nameof(name)),
    };

    private static CertificateAuthority Create() => CertificateAuthority.Create(Now.AddDays(-10), Now.AddDays(10));

    private static X509Certificate2 Issue(CertificateAuthority authority, string[] hosts) =>
        authority.Issue(hosts, Now.AddDays(-1), Now.AddDays(1));
}
