using System.Collections.Immutable;
using Depmap.Common.Options;
using Depmap.Plugin.Objects;

namespace Depmap.Plugin.Install;

/// <summary>The keys of <c>--set</c> and of values files.</summary>
internal static class ValueKeys
{
    private const string NodeSelectorPrefix = "nodeSelector.";

    private static readonly Dictionary<string, Func<InstallValues, string, Parsed<InstallValues>>> Keys = new(StringComparer.Ordinal)
    {
        ["namespace"] = (values, text) => values with { Namespace = text },
        ["registry"] = (values, text) => values with { Registry = text.TrimEnd('/') },
        ["image.agent"] = (values, text) => values with { Images = values.Images.SetItem(ProductLabels.Agent, text) },
        ["image.relay"] = (values, text) => values with { Images = values.Images.SetItem(ProductLabels.Relay, text) },
        ["pullSecret"] = (values, text) => values with { PullSecret = text },
        ["tolerations"] = SetTolerations,
        ["persist.size"] = (values, text) => values with { Persist = text },
        ["persist.class"] = (values, text) => values with { PersistClass = text },
        ["legacyCapabilities"] = (values, text) => bool.TryParse(text, out bool flag)
            ? values with { LegacyCapabilities = flag }
            : Parsed<InstallValues>.Invalid("use true or false"),
        ["agent.logLevel"] = SetVariable(ProductLabels.Agent, "DEPMAP_LOG_LEVEL"),
        ["agent.flowSlots"] = SetVariable(ProductLabels.Agent, "DEPMAP_FLOW_SLOTS"),
        ["agent.maxConnections"] = SetVariable(ProductLabels.Agent, "DEPMAP_MAX_CONNECTIONS"),
        ["agent.attach"] = SetVariable(ProductLabels.Agent, "DEPMAP_ATTACH"),
        ["relay.logLevel"] = SetVariable(ProductLabels.Relay, "DEPMAP_LOG_LEVEL"),
        ["relay.flows"] = SetVariable(ProductLabels.Relay, "DEPMAP_FLOWS"),
        ["relay.maxEdges"] = SetVariable(ProductLabels.Relay, "DEPMAP_MAX_EDGES"),
    };

    /// <summary>A copy of the values with one key set.</summary>
    public static Parsed<InstallValues> Set(InstallValues values, string key, string text)
    {
        if (key.StartsWith(NodeSelectorPrefix, StringComparison.Ordinal) && key.Length > NodeSelectorPrefix.Length)
            return values with { NodeSelector = values.NodeSelector.SetItem(key[NodeSelectorPrefix.Length..], text) };
        if (Keys.TryGetValue(key, out var set))
            return text.Length > 0 ? set(values, text) : Parsed<InstallValues>.Invalid($"{key} is empty");
        string? nearest = NearestWord.Find(key, Keys.Keys);
        return Parsed<InstallValues>.Invalid(nearest is null
            ? $"no such key, use one of {string.Join(", ", Keys.Keys)}, {NodeSelectorPrefix}LABEL"
            : $"no such key, did you mean {nearest}?");
    }

    private static Func<InstallValues, string, Parsed<InstallValues>> SetVariable(string component, string variable) =>
        (values, text) =>
        {
            var settings = values.Settings.GetValueOrDefault(component, ImmutableSortedDictionary<string, string>.Empty);
            return values with { Settings = values.Settings.SetItem(component, settings.SetItem(variable, text)) };
        };

    private static Parsed<InstallValues> SetTolerations(InstallValues values, string text)
    {
        ImmutableArray<Toleration>.Builder tolerations = ImmutableArray.CreateBuilder<Toleration>();
        foreach (string word in text.Split(',', StringSplitOptions.TrimEntries))
        {
            Parsed<Toleration> toleration = Toleration.Parse(word);
            if (toleration.Error is { } error)
                return Parsed<InstallValues>.Invalid(error);
            tolerations.Add(toleration.Value);
        }

        return values with { Tolerations = tolerations.ToImmutable() };
    }
}
