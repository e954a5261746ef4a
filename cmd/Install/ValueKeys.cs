using System.Collections.Immutable;
using Depmap.Common.Options;
using Depmap.Plugin.Commands;

namespace Depmap.Plugin.Install;

/// <summary>The names by which <c>--set</c> and a values file say what an installation is to be.</summary>
internal static class ValueKeys
{
    private const string NodeSelector = "nodeSelector.";

    private static readonly Dictionary<string, Func<InstallValues, string, Reading<InstallValues>>> Keys = new(StringComparer.Ordinal)
    {
        ["namespace"] = (values, text) => values with { Namespace = text },
        ["registry"] = (values, text) => values with { Registry = text.TrimEnd('/') },
        ["image.agent"] = (values, text) => values with { Images = values.Images.SetItem("agent", text) },
        ["image.relay"] = (values, text) => values with { Images = values.Images.SetItem("relay", text) },
        ["pullSecret"] = (values, text) => values with { PullSecret = text },
        ["tolerations"] = Tolerate,
        ["persist.size"] = (values, text) => values with { Persist = text },
        ["persist.class"] = (values, text) => values with { PersistClass = text },
        ["legacyCapabilities"] = (values, text) => bool.TryParse(text, out bool flag)
            ? values with { LegacyCapabilities = flag }
            : Reading<InstallValues>.Wrong("use true or false"),
        ["agent.logLevel"] = Setting("agent", "DEPMAP_LOG_LEVEL"),
        ["agent.flowSlots"] = Setting("agent", "DEPMAP_FLOW_SLOTS"),
        ["agent.maxConnections"] = Setting("agent", "DEPMAP_MAX_CONNECTIONS"),
        ["agent.attach"] = Setting("agent", "DEPMAP_ATTACH"),
        ["relay.logLevel"] = Setting("relay", "DEPMAP_LOG_LEVEL"),
        ["relay.flows"] = Setting("relay", "DEPMAP_FLOWS"),
        ["relay.maxEdges"] = Setting("relay", "DEPMAP_MAX_EDGES"),
    };

    /// <summary>The values with one more said; the problem is about the key or about its value.</summary>
    public static Reading<InstallValues> Set(InstallValues values, string key, string text)
    {
        if (key.StartsWith(NodeSelector, StringComparison.Ordinal) && key.Length > NodeSelector.Length)
            return values with { NodeSelector = values.NodeSelector.SetItem(key[NodeSelector.Length..], text) };
        if (Keys.TryGetValue(key, out var set))
            return text.Length > 0 ? set(values, text) : Reading<InstallValues>.Wrong($"{key} is empty");
        string? nearest = NearestWord.Find(key, Keys.Keys);
        return Reading<InstallValues>.Wrong(nearest is null
            ? $"no such key, use one of {string.Join(", ", Keys.Keys)}, {NodeSelector}LABEL"
            : $"no such key, did you mean {nearest}?");
    }

    private static Func<InstallValues, string, Reading<InstallValues>> Setting(string component, string variable) =>
        (values, text) =>
        {
            var own = values.Settings.GetValueOrDefault(component, ImmutableSortedDictionary<string, string>.Empty);
            return values with { Settings = values.Settings.SetItem(component, own.SetItem(variable, text)) };
        };

    private static Reading<InstallValues> Tolerate(InstallValues values, string text)
    {
        ImmutableArray<Toleration>.Builder all = ImmutableArray.CreateBuilder<Toleration>();
        foreach (string word in text.Split(',', StringSplitOptions.TrimEntries))
        {
            Reading<Toleration> reading = Toleration.Read(word);
            if (reading.Problem is { } problem)
                return Reading<InstallValues>.Wrong(problem);
            all.Add(reading.Value);
        }

        return values with { Tolerations = all.ToImmutable() };
    }
}
