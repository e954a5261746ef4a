using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Depmap.Plugin.Objects;
using Depmap.Plugin.Values;

namespace Depmap.Plugin.Install;

/// <summary>Reads the configuration of an installation from checked values.</summary>
internal static partial class ValuesReader
{
    /// <summary>The keys that are options of the programs. They become environment variables.</summary>
    private static readonly (string Component, string[] Keys)[] Options =
    [
        (ProductLabels.Agent, ["logLevel", "flowSlots", "maxConnections", "attach"]),
        (ProductLabels.Relay, ["logLevel", "flows", "maxFlows", "maxEdges", "outsideCidr", "retain", "retainSize"]),
    ];

    public static InstallValues Read(JsonObject values) => new()
    {
        Namespace = Text(values, "namespace") ?? ProductNames.Namespace,
        Registry = Text(values, "registry")?.TrimEnd('/'),
        Images = Texts(values["image"]),
        PullSecret = Text(values, "pullSecret"),
        NodeSelector = Texts(values["nodeSelector"]),
        Tolerations = [.. (values["tolerations"] as JsonArray ?? []).Select(item => Toleration.Parse((string)item!).Value)],
        Settings = Options.ToImmutableSortedDictionary(
            option => option.Component, option => Variables(values[option.Component], option.Keys)),
        Agent = Pod(values["agent"] as JsonObject ?? []),
        Relay = Pod(values["relay"] as JsonObject ?? []),
        Persist = Text(values["persist"], "size"),
        PersistClass = Text(values["persist"], "class"),
        LegacyCapabilities = values["legacyCapabilities"]?.GetValueKind() == JsonValueKind.True,
        Certificates = new CertificateValues(
            Text(values["certificates"]?["existingSecrets"], "relay"),
            Text(values["certificates"]?["existingSecrets"], "agent"),
            Text(values["certificates"]?["certManager"], "issuer")),
        OpenShift = Text(values, "openshift") is { } flag && bool.TryParse(flag, out bool isOpenShift) ? isOpenShift : null,
    };

    private static PodValues Pod(JsonObject values) => new()
    {
        Resources = values["resources"] as JsonObject ?? [],
        Affinity = values["affinity"] as JsonObject ?? [],
        Annotations = Texts(values["podAnnotations"]),
        HealthPort = Port(values, "healthPort"),
        IntakePort = Port(values, "intakePort"),
        SeLinuxType = Text(values, "seLinuxType"),
        PriorityClass = Text(values, "priorityClass"),
    };

    private static int? Port(JsonObject values, string name) =>
        Text(values, name) is { } text ? int.Parse(text, CultureInfo.InvariantCulture) : null;

    private static ImmutableSortedDictionary<string, string> Variables(JsonNode? values, string[] keys) =>
        keys.Where(key => values?[key] is not null and not JsonArray { Count: 0 })
            .ToImmutableSortedDictionary(
                key => $"DEPMAP_{WordStart().Replace(key, "_").ToUpperInvariant()}", key => Variable(values![key]!));

    private static string Variable(JsonNode value) =>
        value is JsonArray list ? string.Join(',', list.Select(SchemaPart.TextOf)) : SchemaPart.TextOf(value);

    private static ImmutableSortedDictionary<string, string> Texts(JsonNode? map) => (map as JsonObject ?? [])
        .Where(member => member.Value is not null)
        .ToImmutableSortedDictionary(member => member.Key, member => SchemaPart.TextOf(member.Value));

    private static string? Text(JsonNode? map, string name) => map?[name] is { } value ? SchemaPart.TextOf(value) : null;

    // Before a capital letter: maxEdges becomes max_Edges.
    [GeneratedRegex("(?=[A-Z])")]
    private static partial Regex WordStart();
}
