namespace Depmap.Plugin.Diff;

/// <summary>The JSON fields of a comparison.</summary>
internal sealed record DiffFields(bool Equal, ChangeFields[] Changes);
