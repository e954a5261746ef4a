using System.Security.Cryptography;
using System.Text;

namespace Depmap.Plugin.Ui;

/// <summary>
/// Who may use the page: whoever was given its link, which works once, and nobody through another site. A page of another site can
/// send requests to the loopback too, and by a DNS name of its own that leads there (DNS rebinding).
/// </summary>
/// <param name="origin">Of the page, such as <c>http://127.0.0.1:40123</c>.</param>
internal sealed class Access(string origin)
{
    /// <summary>Of windows that are open at once. The oldest session ends when there are more.</summary>
    private const int MaxSessions = 16;

    /// <summary>In characters.</summary>
    public const int TokenLength = 48;

    private readonly Lock _lock = new();
    private readonly Queue<string> _sessions = new();
    private string _token = Random();

    /// <summary>The token is in the fragment, which browsers send to nobody.</summary>
    public string Link
    {
        get
        {
            lock (_lock)
                return $"{origin}/#{_token}";
        }
    }

    /// <summary>Whether a request was sent to this address, and by this page or by no page.</summary>
    /// <param name="host">The Host header.</param>
    /// <param name="from">The Origin header; null if there is none.</param>
    public bool IsLocal(string? host, string? from) => $"http://{host}" == origin && (from is null || from == origin);

    /// <summary>The address of the page, without the token.</summary>
    public string Origin => origin;

    /// <summary>Exchanges the token of the link for a session; the link then has another one.</summary>
    /// <returns>Null if it is not the token.</returns>
    public string? Redeem(string token)
    {
        lock (_lock)
        {
            if (!IsEqual(token, _token))
                return null;
            string session = Random();
            _token = Random();
            _sessions.Enqueue(session);
            if (_sessions.Count > MaxSessions)
                _sessions.Dequeue();
            return session;
        }
    }

    /// <param name="authorization">The Authorization header.</param>
    public bool IsAuthorized(string? authorization)
    {
        lock (_lock)
            return _sessions.Any(session => IsEqual(authorization ?? "", $"Bearer {session}"));
    }

    private static bool IsEqual(string one, string other) =>
        CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(one), Encoding.UTF8.GetBytes(other));

    private static string Random() => RandomNumberGenerator.GetHexString(TokenLength, lowercase: true);
}
