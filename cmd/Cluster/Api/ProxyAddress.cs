using System.Net;
using System.Text.RegularExpressions;

namespace Depmap.Plugin.Cluster.Api;

/// <summary>A proxy, with its password kept apart from the address that messages show.</summary>
/// <param name="Uri">Without user name and password.</param>
/// <param name="Source">Where it is configured: <c>proxy-url</c> or the environment variable.</param>
internal sealed partial record ProxyAddress(Uri Uri, string Source) : ICredentials
{
    private readonly NetworkCredential? _login;

    private ProxyAddress(Uri uri, string source, NetworkCredential? login)
        : this(uri, source) => _login = login;

    public bool HasLogin => _login is not null;

    /// <returns>Null if the text is not the URL of a proxy.</returns>
    public static ProxyAddress? Parse(string text, string source)
    {
        if (!Uri.TryCreate(text, UriKind.Absolute, out Uri? uri) || uri.Scheme is not ("http" or "https" or "socks5"))
            return null;
        NetworkCredential? login = uri.UserInfo.Split(':', 2) is [{ Length: > 0 } user, .. var rest]
            ? new NetworkCredential(Uri.UnescapeDataString(user), rest is [var password] ? Uri.UnescapeDataString(password) : "")
            : null;
        return new ProxyAddress(new UriBuilder(uri) { UserName = "", Password = "" }.Uri, source, login);
    }

    /// <summary>A text that should be a URL, without user name and password.</summary>
    public static string Redact(string text) => Login().Replace(text, "$1***@");

    // Other schemes that a proxy may offer, such as Negotiate, would not take a password of this kind.
    public NetworkCredential? GetCredential(Uri uri, string authType) => authType is "Basic" or "socks5" ? _login : null;

    public override string ToString() => $"{Uri.Host}:{Uri.Port} ({Source})";

    // Up to the last @: a password may contain any character if the URL is invalid.
    [GeneratedRegex("^([a-z0-9]*://)?.*@", RegexOptions.IgnoreCase | RegexOptions.Singleline)]
    private static partial Regex Login();
}
