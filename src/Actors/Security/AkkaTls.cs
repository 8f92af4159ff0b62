using System.Security.Cryptography.X509Certificates;
using Akka.Event;
using Akka.Remote.Transport.DotNetty;

namespace ActorTrain.Actors.Security;

/// <summary>The same identity and the same rule for Akka.Remote's connections.</summary>
public static class AkkaTls
{
    /// <summary>To be given to the actor system's bootstrap, with <c>enable-ssl = true</c> in its configuration.</summary>
    /// <param name="identity">Who this node is, and whose certificates it takes.</param>
    /// <param name="clock">Says which certificates have expired.</param>
    public static DotNettySslSetup Setup(ClusterIdentity identity, TimeProvider clock) => new(
        identity.Node,
        suppressValidation: false,
        requireMutualAuthentication: true,
        validateCertificateHostname: false,
        customValidator: (certificate, _, peer, _, log) => Takes(certificate, peer, identity, clock, log));

    private static bool Takes(
        X509Certificate2? certificate, string peer, ClusterIdentity identity, TimeProvider clock, ILoggingAdapter log)
    {
        return CertificateRule.Check(certificate, identity.Authority, CertificateUse.Client, peer, clock.GetUtcNow()) is null;
    }
}
