using System.Security.Cryptography.X509Certificates;
using ActorTrain.Actors.Security;
using ActorTrain.Core.Tests.Files;

namespace ActorTrain.Actors.Tests.Security;

public sealed class ClusterIdentityTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public ClusterIdentityTests()
    {
        File.WriteAllText(Authority, TestCertificates.Authority.ExportCertificatePem());
        Write(Certificate, Key, TestCertificates.Node);
    }

    private string Authority => _folder.At("ca.pem");

    private string Certificate => _folder.At("localhost.pem");

    private string Key => _folder.At("localhost-key.pem");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Three_files_make_an_identity_with_a_key()
    {
        var identity = ClusterIdentity.Load(Authority, Certificate, Key);
        Assert.True(identity.Node.HasPrivateKey);
        Assert.False(identity.Authority.HasPrivateKey);
        Assert.Equal(TestCertificates.Node.Thumbprint, identity.Node.Thumbprint);
    }

    [Fact]
    public void A_missing_file_is_named_with_the_mend()
    {
        File.Delete(Key);
        Assert.Equal($"{Key}: no such file; make certificates with 'actortrain certs'", Error());
    }

    [Fact]
    public void A_file_that_is_no_PEM_is_named()
    {
        File.WriteAllText(Certificate, "hello");
        Assert.StartsWith($"{Certificate}: not a certificate in PEM (", Error(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_key_of_another_certificate_is_named()
    {
        Write(_folder.At("other.pem"), Key, TestCertificates.Foreign);
        Assert.StartsWith($"{Key}: not the key of {Certificate} in PEM (", Error(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_certificate_of_another_authority_is_named()
    {
        Write(Certificate, Key, TestCertificates.Foreign);
        Assert.Equal(
            $"{Certificate}: not signed by the authority in {Authority}; give the ca.pem that was made with it",
            Error());
    }

    private static void Write(string certificateFile, string keyFile, X509Certificate2 certificate)
    {
        File.WriteAllText(certificateFile, certificate.ExportCertificatePem());
        using var key = certificate.GetECDsaPrivateKey()!;
        File.WriteAllText(keyFile, key.ExportPkcs8PrivateKeyPem());
    }

    private string Error() =>
        Assert.Throws<IdentityException>(() => ClusterIdentity.Load(Authority, Certificate, Key)).Message;
}
