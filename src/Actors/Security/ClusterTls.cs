using System.Net;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

namespace ActorTrain.Actors.Security;

/// <summary>TLS 1.2 or 1.3 with a certificate on both sides, each checked by <see cref="CertificateRule"/>.</summary>
public sealed class ClusterTls
{
#pragma warning disable CA5398 // the system's choice may include older ones
    private const SslProtocols Protocols = SslProtocols.Tls12 | SslProtocols.Tls13;
#pragma warning restore CA5398

    private readonly ClusterIdentity _identity;
    private readonly TimeProvider _clock;
    private readonly SslStreamCertificateContext _own;

    /// <summary>TLS as this node.</summary>
    /// <param name="identity">Who this node is, and whose certificates it takes.</param>
    /// <param name="clock">Says which certificates have expired.</param>
    public ClusterTls(ClusterIdentity identity, TimeProvider clock)
    {
        _identity = identity;
        _clock = clock;
        // Offline: a certificate must not make this node fetch an issuer from an address that it names.
        _own = SslStreamCertificateContext.Create(identity.Node, additionalCertificates: null, offline: true);
    }

    /// <summary>Whether TLS is required there: everywhere but on this machine's loopback addresses.</summary>
    /// <param name="host">Name or address; an empty one means all addresses.</param>
    public static bool RequiredFor(string host) => !ClusterSettings.IsLoopback(host);

    /// <summary>Refuses to talk in clear text beyond loopback.</summary>
    /// <exception cref="ArgumentException">TLS is required there and there is none.</exception>
    public static void CheckAllowed(string host, ClusterTls? tls)
    {
        if (tls is null && RequiredFor(host))
            throw new ArgumentException(
                $"'{host}' is not a loopback address: TLS is required. "
                + "Make certificates with 'actortrain certs', or use 127.0.0.1.",
                nameof(host));
    }

    /// <summary>The accepting side's handshake.</summary>
    /// <param name="inner">To the peer; disposed with the result.</param>
    /// <param name="peer">Where it connects from; its certificate must name it.</param>
    /// <exception cref="AuthenticationException">The peer is not one of the cluster.</exception>
    /// <exception cref="IOException">The peer does not speak TLS, or is gone.</exception>
    public SslStream AsServer(Stream inner, IPAddress peer) => Shake(
        inner, CertificateUse.Client, peer.ToString(),
        (stream, check) => stream.AuthenticateAsServer(new SslServerAuthenticationOptions
        {
            ServerCertificateContext = _own,
            ClientCertificateRequired = true,
#pragma warning disable CA5398 // the system's choice may include older ones
            EnabledSslProtocols = Protocols,
#pragma warning restore CA5398
            CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
            RemoteCertificateValidationCallback = check,
        }));

    /// <summary>The connecting side's handshake.</summary>
    /// <param name="inner">To the peer; disposed with the result.</param>
    /// <param name="host">Name or address that was connected to; the peer's certificate must name it.</param>
    /// <exception cref="AuthenticationException">The peer is not one of the cluster.</exception>
    /// <exception cref="IOException">The peer does not speak TLS, or is gone.</exception>
    public SslStream AsClient(Stream inner, string host) => Shake(
        inner, CertificateUse.Server, host,
        (stream, check) => stream.AuthenticateAsClient(new SslClientAuthenticationOptions
        {
            TargetHost = host,
            ClientCertificateContext = _own,
#pragma warning disable CA5398 // the system's choice may include older ones
            EnabledSslProtocols = Protocols,
#pragma warning restore CA5398
            CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
            RemoteCertificateValidationCallback = check,
        }));

    private SslStream Shake(
        Stream inner, CertificateUse use, string host, Action<SslStream, RemoteCertificateValidationCallback> handshake)
    {
        string? refusal = null;
        var stream = new SslStream(inner);
        try
        {
            handshake(stream, (_, certificate, _, _) => (refusal = Refusal(certificate, use, host)) is null);
            return stream;
        }
        catch (Exception e)
        {
            stream.Dispose();
            throw e switch
            {
                AuthenticationException when refusal is not null => new AuthenticationException(refusal, e),
                AuthenticationException => new AuthenticationException($"no TLS: {(e.InnerException ?? e).Message}", e),
                _ => e,
            };
        }
    }

    private string? Refusal(X509Certificate? certificate, CertificateUse use, string host) =>
        CertificateRule.Check(certificate as X509Certificate2, _identity.Authority, use, host, _clock.GetUtcNow());
}
