using Depmap.V1;

namespace Depmap.Pages.Tests;

/// <summary>Maps of several sizes, and one with names that nobody should have.</summary>
internal static class Maps
{
    private static readonly string[] HostileNames =
    [
        "</script><script>alert(1)</script>", "<img src=x onerror=alert(1)>", "\"onload=alert(1) x=\"", "javascript:alert(1)", "`#quot;`",
        "end", "click n0 call alert()", "n0 --> n1", "];alert(1)", "\u202egnp.exe", "a\nb", "%%{init: {}}%%", "日本😀", "&amp;", "\\",
        "#35;",
    ];

    public static Edge[] Hostile =>
    [
        .. HostileNames.Select(name => new Edge
        {
            Source = new Endpoint { Namespace = name, Workload = $"Deployment/{name}" },
            Destination = new Endpoint { Name = name, Port = 443 },
            Protocol = Protocol.Tcp, Forwarded = 1, Dropped = 1,
            Drops = { new DropCount { Reason = DropReason.Kernel, Detail = name, Count = 1 } },
        }),
    ];

    /// <summary>Each service calls a few of its own namespace and of two others; one of forty edges has drops.</summary>
    public static Edge[] Services(int count)
    {
        int size = Math.Max(4, count / 30);
        var edges = new List<Edge>();
        for (int i = 0; i < count; i++)
        {
            int start = i / size * size;
            foreach (int target in (int[])[start + ((i * 3) + 1) % size, start + ((i * 5) + 2) % size, (i * 7) % count])
            {
                if (target <= i || target >= count)
                    continue;
                ulong dropped = edges.Count % 40 == 7 ? 3UL : 0;
                edges.Add(new Edge
                {
                    Source = Service(i, size), Destination = Called(target, size), Protocol = Protocol.Tcp, Forwarded = (ulong)i + 1,
                    Dropped = dropped, BytesToServer = 1UL << (i % 34), LastSeenUnixNs = 1_777_889_472_131_415_161,
                });
                if (dropped > 0)
                    edges[^1].Drops.Add(new DropCount { Reason = DropReason.Policy, Count = dropped });
            }

            if (i % 25 == 0)
                edges.Add(new Edge { Source = new Endpoint { Ip = $"192.0.2.{i % 250}" }, Destination = Called(i, size), Forwarded = 1 });
        }

        return [.. edges];
    }

    private static Endpoint Service(int i, int size) => new() { Namespace = $"team-{i / size}", Workload = $"Deployment/service-{i}" };

    private static Endpoint Called(int i, int size)
    {
        Endpoint end = Service(i, size);
        end.Service = $"service-{i}";
        end.Port = 8080;
        return end;
    }
}
