using Depmap.Plugin.Output;

namespace Depmap.Plugin.Tests.Diff;

/// <summary>Two maps that differ in each way.</summary>
internal static class DiffExamples
{
    public static EdgeFields[] Before =>
    [
        Edge("web", "cart", forwarded: 100, bytes: 5_000_000),
        Edge("web", "payments", forwarded: 900),
        Edge("web", "old", forwarded: 7),
        Edge("web", "redis", forwarded: 3, dropped: 4, reason: "REFUSED"),
        Edge("cron", "cart", forwarded: 10),
        Edge("web", "same", forwarded: 10, dropped: 1, reason: "TIMEOUT"),
    ];

    public static EdgeFields[] After =>
    [
        Edge("web", "same", forwarded: 29, dropped: 2, reason: "TIMEOUT"),
        Edge("web", "cart", forwarded: 400, bytes: 6_000_000),
        Edge("web", "payments", forwarded: 899, dropped: 12, reason: "POLICY", detail: "NETFILTER_DROP"),
        Edge("web", "redis", forwarded: 8),
        Edge("cron", "cart", forwarded: 109),
        Edge("web", "api", forwarded: 5, dropped: 2, reason: "UNREACHABLE"),
    ];

    /// <summary>A name that means something in each format.</summary>
    public const string Hostile = "a|b`c``<img src=x onerror=alert(1)>[x](http://evil.example)\e[31m\u202Etxt\n| new | row |";

    public static EdgeFields Edge(
        string client,
        string server,
        ulong forwarded = 1,
        ulong dropped = 0,
        string? reason = null,
        string? detail = null,
        ulong bytes = 2000)
    {
        return new EdgeFields(
            End() with { Namespace = "shop", Workload = $"Deployment/{client}" },
            End() with { Namespace = "shop", Service = server, Port = 80 },
            "TCP",
            forwarded,
            dropped,
            reason is null ? null : [new DropFields(reason, detail, dropped)],
            bytes / 2,
            bytes / 2,
            null,
            null,
            null,
            null,
            null,
            null);
    }

    public static EndpointFields End() => new(null, null, null, null, null, null, null, null, null, null, null);
}
