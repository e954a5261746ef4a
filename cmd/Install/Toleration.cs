using System.Text.Json.Nodes;
using Depmap.Common.Options;

namespace Depmap.Plugin.Install;

/// <summary>A taint that pods tolerate.</summary>
/// <param name="Value">Null for any value.</param>
/// <param name="Effect">Null for all effects.</param>
internal readonly record struct Toleration(string Key, string? Value, string? Effect)
{
    private static readonly string[] Effects = ["NoSchedule", "PreferNoSchedule", "NoExecute"];

    /// <summary>Parses the syntax of <c>kubectl taint</c>: <c>KEY[=VALUE][:EFFECT]</c>.</summary>
    public static Parsed<Toleration> Parse(string text)
    {
        string[] parts = text.Split(':');
        string[] pair = parts[0].Split('=', 2);
        string? effect = parts.Length > 1 ? parts[1] : null;
        if (parts.Length > 2 || pair[0].Length == 0 || (effect is not null && !Effects.Contains(effect)))
        {
            return Parsed<Toleration>.Invalid(
                "use KEY, KEY=VALUE or KEY=VALUE:EFFECT with the effect NoSchedule, PreferNoSchedule or NoExecute");
        }

        return new Toleration(pair[0], pair.Length > 1 ? pair[1] : null, effect);
    }

    public JsonObject ToJson()
    {
        var json = new JsonObject { ["key"] = Key, ["operator"] = Value is null ? "Exists" : "Equal" };
        if (Value is not null)
            json["value"] = Value;
        if (Effect is not null)
            json["effect"] = Effect;
        return json;
    }
}
