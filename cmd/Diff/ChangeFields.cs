namespace Depmap.Plugin.Diff;

/// <summary>The JSON fields of an edge that differs, in output order. Null fields are left out.</summary>
internal sealed record ChangeFields(
    string Change,
    string Client,
    string Server,
    string Protocol,
    uint? Port,
    bool? Probe,
    bool? Depmap,
    CountFields? Before,
    CountFields? After)
{
    public static ChangeFields Of(EdgeChange change) => new(
        change.Word,
        change.Id.Client.Text,
        change.Id.Server.Text,
        change.Id.Protocol,
        change.Id.Port > 0 ? change.Id.Port : null,
        change.Id.Probe ? true : null,
        change.Id.Depmap ? true : null,
        CountFields.Of(change.Before),
        CountFields.Of(change.After));
}
