using Depmap.Plugin.Cluster.Api;
using Depmap.Plugin.Objects;
using Depmap.V1;

namespace Depmap.Plugin.Cluster;

/// <summary>Explains an empty result by a name in the filter that the cluster does not have.</summary>
internal static class NameHint
{
    private const int MaxNames = 20_000;

    /// <param name="text">Says that the result is empty.</param>
    /// <returns>
    /// The text, and such as <c>There is no service "crat". Did you mean shop/cart?</c> if a name is unknown and the relay says so.
    /// </returns>
    public static async Task<string> ExplainAsync(string text, RelaySource source, Filter filter, CancellationToken cancellationToken) =>
        await FindAsync(source, filter, cancellationToken) is { } hint ? $"{text} {hint}" : text;

    private static async Task<string?> FindAsync(RelaySource source, Filter filter, CancellationToken cancellationToken)
    {
        (NameKind Kind, string Name)[] typed = [.. Names(filter).Where(one => one.Name.Split('/').All(PlainName.Is))];
        if (typed.Length == 0)
            return null;
        try
        {
            // The workload is what a mistyped pod is closest to.
            NamesResponse known = await source.GetNamesAsync(
                new NamesRequest
                {
                    Limit = MaxNames,
                    Kinds = { NameKind.Namespace, NameKind.Service, NameKind.Workload, NameKind.Pod, NameKind.Node },
                },
                cancellationToken);
            // A relay may know no names at all.
            return known.Truncated || known.Names.Count == 0
                ? null
                : Describe(typed, [.. known.Names.Where(one => PlainName.Is(one.Name))]);
        }
        catch (Exception failure) when (failure is RelayException or ApiException)
        {
            // The result is there; only the hint is missing.
            return null;
        }
    }

    /// <summary>The names that the filter requires: <c>[NAMESPACE/]NAME</c>.</summary>
    private static IEnumerable<(NameKind Kind, string Name)> Names(Filter filter)
    {
        EndFilter[] ends = [.. ((EndFilter?[])[filter.Source, filter.Destination, filter.Either]).OfType<EndFilter>()];
        return
        [
            .. filter.Namespaces.Concat(ends.SelectMany(end => end.Namespaces)).Select(name => (NameKind.Namespace, name)),
            .. filter.Services.Concat(ends.SelectMany(end => end.Services)).Select(name => (NameKind.Service, name)),
            .. ends.SelectMany(end => end.Workloads).Select(name => (NameKind.Workload, WithoutKind(name))),
            .. filter.Pods.Concat(ends.SelectMany(end => end.Pods)).Select(name => (NameKind.Pod, name)),
            .. ends.SelectMany(end => end.Nodes).Select(name => (NameKind.Node, name)),
        ];
    }

    // NAMESPACE/KIND/NAME, of which any part may be empty.
    private static string WithoutKind(string workload) =>
        workload.Split('/') is [not "" and var ns, _, var name] ? $"{ns}/{name}" : workload[(workload.LastIndexOf('/') + 1)..];

    private static string? Describe(IReadOnlyList<(NameKind Kind, string Name)> typed, IReadOnlyList<ObjectName> known)
    {
        string? first = null;
        foreach ((NameKind kind, string name) in typed)
        {
            if (known.Any(one => one.Kind == kind && IsNamed(one, name)))
                continue;
            string hint = $"There is no {kind.ToString().ToLowerInvariant()} \"{name}\".";
            NameKind closest = kind == NameKind.Pod ? NameKind.Workload : kind;
            if (ClosestName.Find(name, [.. known.Where(one => one.Kind == closest).Select(one => (one.Namespace, one.Name))]) is { } meant)
                return $"{hint} Did you mean {meant}?";
            first ??= hint;
        }

        return first;
    }

    /// <summary>As the relay matches it: a pod by the start of its name.</summary>
    private static bool IsNamed(ObjectName known, string typed)
    {
        string name = typed.Contains('/') ? $"{known.Namespace}/{known.Name}" : known.Name;
        return known.Kind == NameKind.Pod ? name.StartsWith(typed, StringComparison.Ordinal) : name == typed;
    }
}
