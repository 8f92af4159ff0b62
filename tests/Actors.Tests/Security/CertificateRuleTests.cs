using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using ActorTrain.Actors.Security;

namespace ActorTrain.Actors.Tests.Security;

public class CertificateRuleTests
{
    [Theory]
    [InlineData("localhost")]
    [InlineData("LOCALHOST")]
    [InlineData("127.0.0.1")]
    [InlineData("::1")]
    [InlineData("::ffff:127.0.0.1")]
    public void A_certificate_of_the_cluster_is_taken_for_each_of_its_hosts(string host)
    {
        Assert.Null(Check(TestCertificates.Node, host));
        Assert.Null(Check(TestCertificates.Node, host, CertificateUse.Client));
    }

    [Theory]
    [InlineData("192.0.2.7")]
    [InlineData("127.0.0.2")]
    [InlineData("localhost.example")]
    [InlineData("not a host")]
    [InlineData("")]
    public void A_certificate_for_another_host_is_refused(string host) =>
        Assert.Equal($"its certificate is for another host than {host}", Check(TestCertificates.Node, host));

    [Fact]
    public void No_certificate_is_refused() => Assert.Equal("it has no certificate", Check(null, "localhost"));

    [Fact]
    public void A_certificate_of_another_authority_is_refused() =>
        Assert.Equal(
            "its certificate is not from this cluster's authority", Check(TestCertificates.Foreign, "localhost"));

    [Fact]
    public void A_certificate_that_signs_itself_is_refused()
    {
        using var key = ECDsa.Create();
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        using var certificate = request.CreateSelfSigned(
            TestCertificates.Now.AddDays(-1), TestCertificates.Now.AddDays(1));
        Assert.Equal("its certificate is not from this cluster's authority", Check(certificate, "localhost"));
    }

    [Fact]
    public void The_authority_itself_is_no_node() =>
        Assert.Equal("its certificate is not for a server", Check(TestCertificates.Authority, "localhost"));

    [Fact]
    public void A_certificate_counts_from_its_first_to_its_last_second()
    {
        var node = TestCertificates.Node;
        Assert.StartsWith(
            "its certificate is not valid before ",
            Check(node, "localhost", now: node.NotBefore.AddSeconds(-1)),
            StringComparison.Ordinal);
        Assert.Null(Check(node, "localhost", now: node.NotBefore));
        Assert.Null(Check(node, "localhost", now: node.NotAfter.AddSeconds(-1)));
        Assert.StartsWith(
            "its certificate expired at ", Check(node, "localhost", now: node.NotAfter), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("localhost", false)]
    [InlineData("127.0.0.1", false)]
    [InlineData("127.9.9.9", false)]
    [InlineData("::1", false)]
    [InlineData("0.0.0.0", true)]
    [InlineData("::", true)]
    [InlineData("", true)]
    [InlineData("192.0.2.7", true)]
    [InlineData("worker-1", true)]
    [InlineData("localhost.example", true)]
    public void TLS_is_required_beyond_loopback(string host, bool isRequired) =>
        Assert.Equal(isRequired, ClusterTls.RequiredFor(host));

    private static string? Check(
        X509Certificate2? certificate,
        string host,
        CertificateUse use = CertificateUse.Server,
        DateTimeOffset? now = null) =>
        CertificateRule.Check(certificate, TestCertificates.Authority, use, host, now ?? TestCertificates.Now);
}
