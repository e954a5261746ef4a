using Depmap.V1;

namespace Depmap.Plugin.Tests;

/// <summary>Edges with names that try to break out of a format, or that look like others.</summary>
internal static class HostileEdges
{
    public static IReadOnlyList<Edge> All { get; } =
    [
        .. ((string[])
        [
            "=cmd|'/c calc'!A1", "+1", "@sum", "-2", "\e[2J\e[31mred", "a\u202egnp.exe", "\u2066x\u2069", "\u009b31m", "a|b", "`code`",
            "<script>alert(1)</script>", "[link](https://example.com)", "quote\"comma,", "line\nbreak", "tab\tspace here", "*bold*_it_",
            "&lt;", "key: value", "null", "日本語.example", "🦊.example", "e\u0301.example", "\ud800x", "\u2028",
        ]).Select((name, i) => new Edge
        {
            Source = new Endpoint { Namespace = "shop", Workload = "Deployment/web" },
            Destination = new Endpoint { Name = name, Port = 443 },
            Protocol = Protocol.Tcp,
            Forwarded = (ulong)i + 1,
        }),
    ];

    public static IReadOnlyList<Edge> LongNames { get; } =
    [
        .. ((string[])["checkout-with-a-very-long-name-of-a", "checkout-with-a-very-long-name-of-b", "日本語日本語日本語日本語"])
            .SelectMany(name => ((string[])["a", "b"]).Select(end => new Edge
            {
                Source = new Endpoint { Namespace = "a-namespace-with-a-long-name", Workload = $"Deployment/{name}" },
                Destination = new Endpoint { Namespace = "shop", Service = $"{name}-and-its-long-{end}-backend", Port = 443 },
                Protocol = Protocol.Tcp,
                Forwarded = 1,
            })),
    ];
}
