namespace Depmap.Relay.Certificates;

/// <summary>The side of a connection that a certificate is for.</summary>
internal enum CertificateUse { Server, Client }
