using System.Net;
using Akka.Event;
using Akka.Remote.Transport.DotNetty;

namespace ActorTrain.Actors.Security;

/// <summary>The same identity and the same rule for Akka.Remote's connections.</summary>
public static class AkkaTls
{
    /// <summary>
    /// To be given to the actor system's bootstrap, with <c>akka.remote.dot-netty.tcp.enable-ssl = true</c> in its
    /// configuration; addresses then begin with <c>akka.ssl.tcp://</c>.
    /// </summary>
    /// <param name="identity">Who this node is, and whose certificates it takes.</param>
    /// <param name="clock">Says which certificates have expired.</param>
    public static DotNettySslSetup Setup(ClusterIdentity identity, TimeProvider clock)
    {
        var refusals = new RefusalLog(clock);
        return new(
            identity.Node,
            suppressValidation: false,
            requireMutualAuthentication: true,
            validateCertificateHostname: false,
            customValidator: (certificate, _, peer, _, log) =>
            {
                var (host, use) = PeerOf(peer);
                var refusal = CertificateRule.Check(certificate, identity.Authority, use, host, clock.GetUtcNow());
                if (refusal is not null) refusals.Add(host, refusal, line => log.Warning("cluster: {0}", line));
                return refusal is null;
            });
    }

    // Akka names a peer that connects to this node by its end point, [::ffff:127.0.0.1]:50124, and one that this node
    // connects to by its address, ssl.tcp://system@host:port. No certificate is for a host that is neither.
    private static (string Host, CertificateUse Use) PeerOf(string peer)
    {
        if (IPEndPoint.TryParse(peer, out var end)) return (CertificateRule.HostOf(end.Address), CertificateUse.Client);
        return (Uri.TryCreate(peer, UriKind.Absolute, out var address) ? address.IdnHost : peer, CertificateUse.Server);
    }
}
