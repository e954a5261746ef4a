using Depmap.Common.Options;
using Depmap.Plugin.Objects;
using Depmap.Plugin.Options;
using Depmap.V1;

namespace Depmap.Plugin.Completion;

/// <summary>The value of a flag or an argument that names an object, as far as it is typed.</summary>
/// <param name="Before">What stays in front of the name: <c>shop/</c>, <c>deploy/</c>, <c>shop/deploy/</c>, or nothing.</param>
/// <param name="Start">The start of the name itself.</param>
/// <param name="Kinds">What the name may be of.</param>
/// <param name="Namespace">Null if none is typed.</param>
/// <param name="WorkloadKind">Empty for any.</param>
internal sealed record TypedName(
    string Before, string Start, IReadOnlyList<NameKind> Kinds, string? Namespace = null, string WorkloadKind = "")
{
    /// <param name="word">
    /// The flag or the name of the argument. The last part of it says what it names: <c>--from-service</c>, <c>DESTINATION[:PORT]</c>.
    /// </param>
    /// <returns>Null if the word names nothing that the relay knows.</returns>
    public static TypedName? Read(string word, string typed) => word.Split('[')[0].Split('-')[^1].ToLowerInvariant() switch
    {
        "namespace" => new TypedName("", typed, [NameKind.Namespace]),
        "node" => new TypedName("", typed, [NameKind.Node]),
        "service" => ReadQualified(typed, NameKind.Service),
        "pod" => ReadQualified(typed, NameKind.Pod),
        "workload" => ReadObject(typed, NameKind.Workload),
        "to" or "from" or "object" or "source" or "destination" => ReadObject(typed, NameKind.Workload, NameKind.Service),
        _ => null,
    };

    /// <summary>The whole word for a name. If it is the namespace that is being typed, it stays in front.</summary>
    public string Complete(ObjectName name) =>
        Before.Length == 0 && name.Namespace.Length > 0 && !name.Name.StartsWith(Start, StringComparison.Ordinal)
            ? $"{name.Namespace}/{name.Name}"
            : Before + name.Name;

    private static TypedName ReadQualified(string typed, NameKind kind) => typed.Split('/', 2) is [var ns, var name]
        ? new TypedName(ns + "/", name, [kind], ns)
        : new TypedName("", typed, [kind]);

    /// <param name="kinds">What a name without a kind may be of.</param>
    private static TypedName? ReadObject(string typed, params NameKind[] kinds)
    {
        int end = typed.LastIndexOf('/') + 1;
        if (end == 0)
            return new TypedName("", typed, kinds);
        (string before, string start) = (typed[..end], typed[end..]);
        Parsed<ObjectReference> parsed = ObjectReference.Parse(before + "x");
        if (parsed.Error is not null)
            return null;
        ObjectReference reference = parsed.Value;
        NameKind? kind = KindOf(reference.Kind);
        if (reference.Kind != ObjectKind.Any && kind is null)
            return null;
        return new TypedName(
            before, start, kind is { } typedKind ? [typedKind] : kinds, reference.Namespace, reference.WorkloadKind ?? "");
    }

    private static NameKind? KindOf(ObjectKind kind) => kind switch
    {
        ObjectKind.Workload => NameKind.Workload,
        ObjectKind.Pod => NameKind.Pod,
        ObjectKind.Service => NameKind.Service,
        ObjectKind.Namespace => NameKind.Namespace,
        ObjectKind.Node => NameKind.Node,
        _ => null,
    };
}
