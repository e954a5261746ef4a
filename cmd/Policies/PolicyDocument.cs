using System.Text.Json.Nodes;

namespace Depmap.Plugin.Policies;

/// <summary>A generated policy.</summary>
/// <param name="Comments">What a reader should know, one line each.</param>
/// <param name="Policy">Null if the workload's pods cannot be selected.</param>
internal sealed record PolicyDocument(IReadOnlyList<string> Comments, JsonObject? Policy);
