namespace Depmap.Plugin.Install;

/// <summary>Who makes and renews the certificates of agents and relay.</summary>
internal enum CertificateSource
{
    /// <summary>The relay, in Secrets that install creates without data.</summary>
    Relay,

    /// <summary>cert-manager, in Secrets that it creates.</summary>
    CertManager,

    /// <summary>The user, in existing Secrets.</summary>
    User,
}
