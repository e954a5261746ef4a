using System.Globalization;
using System.Net;
using Depmap.Common.Options;

namespace Depmap.Plugin.Objects;

/// <summary>
/// An object as kubectl users type it: <c>deploy/web</c>, <c>pod/web-x</c>, <c>svc/cart</c>, <c>ns/shop</c>, <c>no/n1</c>; with its
/// namespace <c>shop/web</c> or <c>shop/deploy/web</c>; an IP address; or a DNS name.
/// </summary>
/// <param name="Namespace">Null if none was typed, and for what has none.</param>
/// <param name="Name">The name or address.</param>
/// <param name="WorkloadKind">Such as <c>Deployment</c>; null if it is no workload, or one of any kind.</param>
internal readonly record struct ObjectReference(ObjectKind Kind, string? Namespace, string Name, string? WorkloadKind = null)
{
    private const string Use = "use KIND/NAME, [NAMESPACE/]NAME, NAMESPACE/KIND/NAME, an IP address or a DNS name";

    // Singular, plural and short names, as kubectl api-resources prints them.
    private static readonly (string[] Words, ObjectKind Kind, string? WorkloadKind)[] Kinds =
    [
        (["pod", "pods", "po"], ObjectKind.Pod, null),
        (["service", "services", "svc"], ObjectKind.Service, null),
        (["namespace", "namespaces", "ns"], ObjectKind.Namespace, null),
        (["node", "nodes", "no"], ObjectKind.Node, null),
        (["deployment", "deployments", "deploy"], ObjectKind.Workload, "Deployment"),
        (["statefulset", "statefulsets", "sts"], ObjectKind.Workload, "StatefulSet"),
        (["daemonset", "daemonsets", "ds"], ObjectKind.Workload, "DaemonSet"),
        (["replicaset", "replicasets", "rs"], ObjectKind.Workload, "ReplicaSet"),
        (["replicationcontroller", "replicationcontrollers", "rc"], ObjectKind.Workload, "ReplicationController"),
        (["job", "jobs"], ObjectKind.Workload, "Job"),
        (["cronjob", "cronjobs", "cj"], ObjectKind.Workload, "CronJob"),
        (["deploymentconfig", "deploymentconfigs", "dc"], ObjectKind.Workload, "DeploymentConfig"),
        (["rollout", "rollouts"], ObjectKind.Workload, "Rollout"),
    ];

    /// <summary>Whether the name belongs to a namespace, which is the current one unless it was typed.</summary>
    public bool IsNamespaced => Kind is ObjectKind.Any or ObjectKind.Workload or ObjectKind.Pod or ObjectKind.Service;

    public static Parsed<ObjectReference> Parse(string text)
    {
        if (text.Any(letter => char.IsWhiteSpace(letter) || char.IsControl(letter)))
            return Parsed<ObjectReference>.Invalid(Use);
        if (ParseAddress(text) is { } address)
            return new ObjectReference(ObjectKind.Address, null, address);
        return text.Split('/') switch
        {
            [not "" and var name] => ParseName(name),
            [not "" and var first, not "" and var name] => FindKind(first) is { } kind
                ? new ObjectReference(kind.Kind, null, name, kind.WorkloadKind)
                : new ObjectReference(ObjectKind.Any, first, name),
            [not "" and var ns, not "" and var word, not "" and var name] => ParseFull(ns, word, name),
            _ => Parsed<ObjectReference>.Invalid(Use),
        };
    }

    /// <summary>Parses <c>REFERENCE[:PORT]</c>. An IPv6 address before a port is in brackets.</summary>
    /// <returns>The port is 0 if there is none.</returns>
    public static Parsed<(ObjectReference Object, ushort Port)> ParseWithPort(string text)
    {
        int colon = text.LastIndexOf(':');
        bool hasPort = colon > 0 && ParseAddress(text) is null;
        ushort port = 0;
        if (hasPort && (!ushort.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out port) || port == 0))
            return Parsed<(ObjectReference, ushort)>.Invalid("use a port from 1 to 65535 after the colon");
        Parsed<ObjectReference> parsed = Parse(hasPort ? text[..colon] : text);
        return parsed.Error is { } error ? Parsed<(ObjectReference, ushort)>.Invalid(error) : (parsed.Value, port);
    }

    /// <summary>The kind of workload that a word such as <c>deploy</c> stands for; null if it stands for none.</summary>
    public static string? FindWorkloadKind(string word) => FindKind(word)?.WorkloadKind;

    // A name with dots is that of a service in the cluster's DNS, or of something outside.
    private static Parsed<ObjectReference> ParseName(string name) => name.TrimEnd('.').Split('.') switch
    {
        [_] => new ObjectReference(ObjectKind.Any, null, name),
        [not "" and var service, not "" and var ns, "svc", ..] => new ObjectReference(ObjectKind.Service, ns, service),
        _ => new ObjectReference(ObjectKind.Outside, null, name.TrimEnd('.').ToLowerInvariant()),
    };

    private static Parsed<ObjectReference> ParseFull(string ns, string word, string name)
    {
        if (FindKind(word) is not { } kind)
        {
            string? meant = NearestWord.Find(word, Kinds.SelectMany(each => each.Words));
            return Parsed<ObjectReference>.Invalid(
                meant is null ? $"unknown kind {word}; {Use}" : $"unknown kind {word}, did you mean {meant}?");
        }

        var reference = new ObjectReference(kind.Kind, ns, name, kind.WorkloadKind);
        return reference.IsNamespaced ? reference : Parsed<ObjectReference>.Invalid($"a {kind.Words[0]} has no namespace");
    }

    // deployments.apps and deployment.v1.apps as well.
    private static (string[] Words, ObjectKind Kind, string? WorkloadKind)? FindKind(string word)
    {
        string plain = word.Split('.')[0];
        foreach (var kind in Kinds)
        {
            if (kind.Words.Contains(plain, StringComparer.OrdinalIgnoreCase))
                return kind;
        }

        return null;
    }

    // IPAddress.TryParse also accepts "10" as 0.0.0.10, scopes, and a port after brackets.
    private static string? ParseAddress(string text)
    {
        string bare = text is ['[', .., ']'] ? text[1..^1] : text;
        bool looksRight = bare.Contains(':') ? bare.IndexOfAny(['[', '%']) < 0 : bare.Count(letter => letter == '.') == 3;
        return looksRight && IPAddress.TryParse(bare, out IPAddress? address) ? address.ToString() : null;
    }
}
