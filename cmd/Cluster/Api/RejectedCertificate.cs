namespace Depmap.Plugin.Cluster.Api;

/// <summary>A server's certificate that was not accepted.</summary>
/// <param name="Host">The name that the certificate was checked for: the API server's or a proxy's.</param>
/// <param name="Reason">Completes "its certificate …".</param>
internal sealed record RejectedCertificate(string Host, string Reason);
