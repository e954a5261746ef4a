using Depmap.Plugin.Cluster.Api;
using Depmap.Plugin.Objects;
using Depmap.V1;

namespace Depmap.Plugin.Cluster;

/// <summary>Explains an empty result by a name in the filter that the cluster does not have.</summary>
internal static class NameHint
{
    private const int MaxNames = 20_000;

    /// <param name="text">Says that the result is empty.</param>
    /// <param name="objects">That the result is about, apart from the filter.</param>
    /// <returns>
    /// The text, and such as <c>There is no service "crat". Did you mean shop/cart?</c> if a name is unknown and the relay says so.
    /// </returns>
    public static async Task<string> ExplainAsync(
        string text, RelaySource source, Filter filter, IEnumerable<ObjectReference> objects, CancellationToken cancellationToken) =>
        await FindAsync(source, [.. Names(filter), .. Names(objects)], cancellationToken) is { } hint ? $"{text} {hint}" : text;

    private static async Task<string?> FindAsync(
        RelaySource source, IEnumerable<TypedObject> names, CancellationToken cancellationToken)
    {
        TypedObject[] typed = [.. names.Where(one => one.Name.Split('/').All(PlainName.Is))];
        if (typed.Length == 0)
            return null;
        try
        {
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

    /// <summary>The names that the filter requires.</summary>
    private static IEnumerable<TypedObject> Names(Filter filter)
    {
        EndFilter[] ends = [.. ((EndFilter?[])[filter.Source, filter.Destination, filter.Either]).OfType<EndFilter>()];
        return
        [
            .. filter.Namespaces.Concat(ends.SelectMany(end => end.Namespaces)).Select(name => new TypedObject(name, NameKind.Namespace)),
            .. filter.Services.Concat(ends.SelectMany(end => end.Services)).Select(name => new TypedObject(name, NameKind.Service)),
            .. ends.SelectMany(end => end.Workloads).Select(name => new TypedObject(WithoutKind(name), NameKind.Workload)),
            .. filter.Pods.Concat(ends.SelectMany(end => end.Pods)).Select(name => new TypedObject(name, NameKind.Pod)),
            .. ends.SelectMany(end => end.Nodes).Select(name => new TypedObject(name, NameKind.Node)),
        ];
    }

    // Addresses and names outside are known to nobody.
    private static IEnumerable<TypedObject> Names(IEnumerable<ObjectReference> objects) => objects
        .Where(reference => reference.Kind is not (ObjectKind.Address or ObjectKind.Outside))
        .Select(reference => new TypedObject(
            reference.Namespace is { } ns ? $"{ns}/{reference.Name}" : reference.Name,
            reference.Kind switch
            {
                ObjectKind.Workload => [NameKind.Workload],
                ObjectKind.Pod => [NameKind.Pod],
                ObjectKind.Service => [NameKind.Service],
                ObjectKind.Namespace => [NameKind.Namespace],
                ObjectKind.Node => [NameKind.Node],
                _ => [NameKind.Workload, NameKind.Service, NameKind.Pod],
            }));

    // NAMESPACE/KIND/NAME, of which any part may be empty.
    private static string WithoutKind(string workload) =>
        workload.Split('/') is [not "" and var ns, _, var name] ? $"{ns}/{name}" : workload[(workload.LastIndexOf('/') + 1)..];

    private static string? Describe(IReadOnlyList<TypedObject> typed, IReadOnlyList<ObjectName> known)
    {
        string? first = null;
        foreach (TypedObject one in typed)
        {
            if (known.Any(other => one.Kinds.Contains(other.Kind) && IsNamed(other, one.Name)))
                continue;
            string what = string.Join(", ", one.Kinds.SkipLast(1).Select(kind => $"{kind}")) is { Length: > 0 } others
                ? $"{others} or {one.Kinds[^1]}"
                : $"{one.Kinds[0]}";
            string hint = $"There is no {what.ToLowerInvariant()} \"{one.Name}\".";
            // The workload is what a mistyped pod is closest to.
            NameKind[] closest = [.. one.Kinds.Select(kind => kind == NameKind.Pod ? NameKind.Workload : kind)];
            (string, string)[] names =
                [.. known.Where(other => closest.Contains(other.Kind)).Select(other => (other.Namespace, other.Name))];
            if (ClosestName.Find(one.Name, names) is { } meant)
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

    /// <param name="Name"><c>[NAMESPACE/]NAME</c>.</param>
    /// <param name="Kinds">It may be one of these.</param>
    private readonly record struct TypedObject(string Name, params NameKind[] Kinds);
}
