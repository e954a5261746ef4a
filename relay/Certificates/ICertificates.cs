using Depmap.Common.Tls;
using Depmap.V1;

namespace Depmap.Relay.Certificates;

/// <summary>The certificates with which agents and relay authenticate each other.</summary>
internal interface ICertificates
{
    /// <summary>Why there are none yet; null if there are.</summary>
    string? MissingReason { get; }

    CertificateStatus Status();

    /// <summary>The certificates for one connection. Waits until there are some.</summary>
    ValueTask<TlsIdentity> GetAsync(CancellationToken cancellationToken);
}
