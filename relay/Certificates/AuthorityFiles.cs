namespace Depmap.Relay.Certificates;

/// <summary>The Secret of the certificate authorities.</summary>
/// <param name="Current">Signs.</param>
/// <param name="Next">Is trusted, but does not sign yet.</param>
/// <param name="Trusted">All trusted authorities, in PEM: these two, and earlier ones until they end.</param>
internal sealed record AuthorityFiles(CertificatePair Current, CertificatePair Next, string Trusted)
{
    private const string Certificate = "tls.crt", Key = "tls.key", NextCertificate = "next.crt", NextKey = "next.key", All = "ca.crt";

    public static readonly AuthorityFiles None = new(CertificatePair.None, CertificatePair.None, "");

    public static AuthorityFiles Read(IReadOnlyDictionary<string, string> files) => new(
        new CertificatePair(files.GetValueOrDefault(Certificate, ""), files.GetValueOrDefault(Key, "")),
        new CertificatePair(files.GetValueOrDefault(NextCertificate, ""), files.GetValueOrDefault(NextKey, "")),
        files.GetValueOrDefault(All, ""));

    public IReadOnlyDictionary<string, string> ToFiles() => new Dictionary<string, string>
    {
        [Certificate] = Current.Certificate,
        [Key] = Current.Key,
        [NextCertificate] = Next.Certificate,
        [NextKey] = Next.Key,
        [All] = Trusted,
    };
}
