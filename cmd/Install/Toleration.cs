using System.Text.Json.Nodes;
using Depmap.Plugin.Commands;

namespace Depmap.Plugin.Install;

/// <summary>A taint that pods may ignore.</summary>
/// <param name="Value">Null: whatever its value.</param>
/// <param name="Effect">Null: all effects.</param>
internal readonly record struct Toleration(string Key, string? Value, string? Effect)
{
    private static readonly string[] Effects = ["NoSchedule", "PreferNoSchedule", "NoExecute"];

    /// <summary>As <c>kubectl taint</c> writes taints: <c>KEY[=VALUE][:EFFECT]</c>.</summary>
    public static Reading<Toleration> Read(string text)
    {
        string[] parts = text.Split(':');
        string[] pair = parts[0].Split('=', 2);
        string? effect = parts.Length > 1 ? parts[1] : null;
        if (parts.Length > 2 || pair[0].Length == 0 || (effect is not null && !Effects.Contains(effect)))
            return Reading<Toleration>.Wrong("use KEY, KEY=VALUE or KEY=VALUE:EFFECT with NoSchedule, PreferNoSchedule or NoExecute");
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
