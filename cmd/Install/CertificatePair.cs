namespace Depmap.Plugin.Install;

/// <summary>A certificate and its private key in PEM.</summary>
internal readonly record struct CertificatePair(string Certificate, string Key);
