namespace Depmap.Plugin.Cluster.Api;

/// <summary>What follows if the API server does not open a port-forward as a WebSocket.</summary>
internal static class ForwardRefusal
{
    private const int Forbidden = 403;

    /// <summary>
    /// Whether SPDY may be accepted where a WebSocket got this status. As kubectl, also after a status of which a proxy may be the cause.
    /// </summary>
    /// <remarks>
    /// 403: a WebSocket is a GET and needs the verb "get", SPDY is a POST and needs "create". A missing login or pod, or a redirect,
    /// is the same for both.
    /// </remarks>
    public static bool MayDependOnProtocol(int status) => status is not (401 or 404 or 407 or 429 or 504 or (>= 300 and < 400));

    /// <summary>The error if both are refused.</summary>
    public static ForwardException OfBoth(Connection connection, ForwardException webSocket, ForwardException spdy)
    {
        if (!IsWithoutUpgrade(spdy.Status))
            return spdy;
        if (webSocket.Status == Forbidden || !IsWithoutUpgrade(webSocket.Status))
            return webSocket;
        return new ForwardException(
            spdy.Status,
            $"{ApiFailure.Address(connection)} answered HTTP {webSocket.Status} instead of opening a WebSocket, and HTTP {spdy.Status} "
            + "instead of SPDY/3.1. Does a proxy remove the Upgrade header?");
    }

    /// <summary>How servers answer a request that has lost its Upgrade header, or whose protocol they do not know.</summary>
    private static bool IsWithoutUpgrade(int status) => status is 400 or 405 or 406 or 426 or 501 or (>= 200 and < 300);
}
