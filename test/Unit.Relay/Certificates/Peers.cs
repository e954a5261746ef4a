using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Depmap.Common.Tls;
using Depmap.Relay.Certificates;

namespace Depmap.Relay.Tests.Certificates;

/// <summary>Whether an agent and the relay accept each other's certificate, by the same policies as their connections have.</summary>
internal static class Peers
{
    public const string RelayName = "depmap-relay.depmap.svc";

    public static bool Accept(IssuedFiles agent, IssuedFiles relay, DateTimeOffset at) => Accept(Identity(agent), Identity(relay), at);

    public static bool Accept(TlsIdentity agent, TlsIdentity relay, DateTimeOffset at) =>
        Accepts(agent.ForClient().CertificateChainPolicy!, relay.Own, TestCertificates.ServerAuthentication, at)
        && relay.Own.MatchesHostname(RelayName, allowWildcards: false, allowCommonName: false)
        && Accepts(relay.ForServer().CertificateChainPolicy!, agent.Own, TestCertificates.ClientAuthentication, at);

    public static TlsIdentity Identity(IssuedFiles files) => TlsIdentity.FromPem(files.Own.Certificate, files.Own.Key, files.Trusted);

    private static bool Accepts(X509ChainPolicy policy, X509Certificate2 peer, string use, DateTimeOffset at)
    {
        policy.VerificationTime = at.UtcDateTime;
        policy.ApplicationPolicy.Add(new Oid(use));
        using var chain = new X509Chain { ChainPolicy = policy };
        return chain.Build(peer);
    }
}
