using Depmap.Common.Tls;
using Depmap.V1;

namespace Depmap.Relay.Certificates;

/// <summary>Certificates that someone else makes and renews, such as cert-manager, in a mounted Secret.</summary>
internal sealed class FolderCertificates(TlsFolder folder) : ICertificates
{
    public string? MissingReason => null;

    public CertificateStatus Status()
    {
        TlsIdentity identity = folder.Current();
        return new CertificateStatus
        {
            RelayEndUnixS = identity.End.ToUnixTimeSeconds(),
            AuthorityEndUnixS = identity.AuthorityEnd.ToUnixTimeSeconds(),
        };
    }

    public ValueTask<TlsIdentity> GetAsync(CancellationToken cancellationToken) => ValueTask.FromResult(folder.Current());
}
