using System.Security.Authentication;

namespace Depmap.Plugin.Cluster.Api;

/// <summary>Describes failed TLS handshakes. .NET reports most of them as a text of the system's TLS library.</summary>
internal static class TlsFailure
{
    // OpenSSL's texts for the alerts of RFC 8446 6.2, and for a version that it does not accept.
    private static readonly string[] Versions = ["protocol version", "unsupported protocol", "version too low"];
    private static readonly string[] ClientCertificates =
        ["certificate required", "bad certificate", "certificate unknown", "unknown ca", "certificate expired"];

    // .NET uses Apple's Secure Transport, which ends with TLS 1.2, unless this variable says otherwise (dotnet/runtime 117428). What it
    // then uses is not the default here: it crashes at a missing certificate (123395), loses the end of a connection (134260) and
    // sends no intermediate client certificates.
    private const string NetworkFramework = "DOTNET_SYSTEM_NET_SECURITY_USENETWORKFRAMEWORK";

    /// <returns>Null if the failure has nothing to do with TLS.</returns>
    public static string? Describe(Connection connection, Exception failure)
    {
        string text = string.Join(' ', Messages(failure));
        bool isSecure = connection.Server.Scheme == "https";
        if (!isSecure)
        {
            return failure is HttpRequestException { HttpRequestError: HttpRequestError.InvalidResponse }
                ? "it does not answer with HTTP. Try: https:// in server in the kubeconfig"
                : null;
        }

        if (IsPlainText(failure))
            return "it does not use TLS. Is this the right port? Try: another port, or http:// in server in the kubeconfig";
        if (Contains(text, Versions))
            return NoVersion(HasTls13());
        if (Contains(text, ClientCertificates))
        {
            return connection.ClientCertificate is null
                ? "it asks for a client certificate. Is client-certificate missing in the kubeconfig?"
                : "it does not accept the client certificate. Is this the kubeconfig of this cluster, and is it up to date?";
        }

        if (Contains(text, ["handshake failure"]))
        {
            return "it refused the TLS handshake. It may ask for a client certificate that the kubeconfig does not have, "
                + "or offer no version or cipher that is accepted here";
        }

        return ApiFailure.Cause<AuthenticationException>(failure) is { } tls
            ? $"TLS failed: {(tls.InnerException ?? tls).Message}"
            : null;
    }

    /// <param name="hasTls13">Whether this program does.</param>
    public static string NoVersion(bool hasTls13) => hasTls13
        ? "it offers no version of TLS that is accepted here (1.2 or 1.3)"
        : $"it does not offer TLS 1.2. If it accepts TLS 1.3 only, try: export {NetworkFramework}=1";

    private static bool HasTls13() =>
        !OperatingSystem.IsMacOS() || Environment.GetEnvironmentVariable(NetworkFramework) is "1" or "true";

    /// <summary>Whether the other side answered the handshake with something else than TLS.</summary>
    public static bool IsPlainText(Exception failure) => Contains(
        string.Join(' ', Messages(failure)), ["Cannot determine the frame size", "wrong version number", "unexpected packet format"]);

    private static bool Contains(string text, string[] parts) =>
        parts.Any(part => text.Contains(part, StringComparison.OrdinalIgnoreCase));

    private static IEnumerable<string> Messages(Exception? failure)
    {
        for (; failure is not null; failure = failure.InnerException)
            yield return failure.Message;
    }
}
