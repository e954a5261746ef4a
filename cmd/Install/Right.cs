using System.Text.Json.Nodes;

namespace Depmap.Plugin.Install;

/// <summary>A request that an account may be allowed to send.</summary>
/// <param name="Group">The API group; empty for the core group.</param>
/// <param name="Resource">The plural name.</param>
/// <param name="Namespace">Null for cluster-scoped resources.</param>
/// <param name="Name">Null for all objects.</param>
internal sealed record Right(string Verb, string Group, string Resource, string? Namespace, string? Name)
{
    /// <summary>Whether a rule, as in a Role, allows it.</summary>
    public bool IsIn(JsonObject rule) =>
        Has(rule["verbs"], Verb) && Has(rule["apiGroups"], Group) && Has(rule["resources"], Resource)
        && (rule["resourceNames"] is not JsonArray { Count: > 0 } names || (Name is not null && Has(names, Name)));

    private static bool Has(JsonNode? list, string word) =>
        (list as JsonArray ?? []).Select(entry => (string?)entry).Any(entry => entry == word || entry == "*");
}
