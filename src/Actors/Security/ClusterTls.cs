using System.Net;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

namespace ActorTrain.Actors.Security;

/// <summary>TLS 1.2 or 1.3 with a certificate on both sides, each checked by <see cref="CertificateRule"/>.</summary>
public sealed class ClusterTls
{
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
    public SslStream AsServer(Stream inner, IPAddress peer)
    {
        string? refusal = null;
        var options = new SslServerAuthenticationOptions
        {
            ServerCertificateContext = _own,
            ClientCertificateRequired = true,
#pragma warning disable CA5398 // the system's choice may include older ones
            EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
#pragma warning restore CA5398
            CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
            RemoteCertificateValidationCallback = (_, certificate, _, _) =>
                (refusal = Refusal(certificate, CertificateUse.Client, peer.ToString())) is null,
        };
        return Shake(new SslStream(inner), stream => stream.AuthenticateAsServer(options), () => refusal);
    }

    /// <summary>The connecting side's handshake.</summary>
    /// <param name="inner">To the peer; disposed with the result.</param>
    /// <param name="host">Name or address that was connected to; the peer's certificate must name it.</param>
    /// <exception cref="AuthenticationException">The peer is not one of the cluster.</exception>
    /// <exception cref="IOException">The peer does not speak TLS, or is gone.</exception>
    public SslStream AsClient(Stream inner, string host)
    {
        string? refusal = null;
        var options = new SslClientAuthenticationOptions
        {
            TargetHost = host,
            ClientCertificateContext = _own,
#pragma warning disable CA5398 // the system's choice may include older ones
            EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
#pragma warning restore CA5398
            CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
            RemoteCertificateValidationCallback = (_, certificate, _, _) =>
                (refusal = Refusal(certificate, CertificateUse.Server, host)) is null,
        };
        return Shake(new SslStream(inner), stream => stream.AuthenticateAsClient(options), () => refusal);
    }

    private string? Refusal(X509Certificate? certificate, CertificateUse use, string host) =>
        CertificateRule.Check(certificate as X509Certificate2, _identity.Authority, use, host, _clock.GetUtcNow());

    private static SslStream Shake(SslStream stream, Action<SslStream> handshake, Func<string?> refusal)
    {
        try
        {
            handshake(stream);
            return stream;
        }
        catch (Exception e)
        {
            stream.Dispose();
            throw e switch
            {
                AuthenticationException when refusal() is { } reason => new AuthenticationException(reason, e),
                AuthenticationException => new AuthenticationException($"no TLS: {(e.InnerException ?? e).Message}", e),
                _ => e,
            };
        }
    }
}
