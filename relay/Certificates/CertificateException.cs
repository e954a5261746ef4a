namespace Depmap.Relay.Certificates;

/// <summary>The certificates cannot be read or written. The message is the reason.</summary>
internal sealed class CertificateException(string reason, Exception? cause = null) : Exception(reason, cause)
{
    /// <summary>An object of the installation is missing: a Secret, or the Role that allows the relay to use it.</summary>
    public bool ObjectMissing { get; init; }
}
