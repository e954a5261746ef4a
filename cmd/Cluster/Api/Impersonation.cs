namespace Depmap.Plugin.Cluster.Api;

/// <summary>The user to impersonate. The API server checks whether the real user may.</summary>
/// <param name="User">Empty for no impersonation.</param>
internal sealed record Impersonation(
    string User, string? Uid, IReadOnlyList<string> Groups, IReadOnlyList<KeyValuePair<string, string>> Extra)
{
    /// <summary>The start of each header's name.</summary>
    public const string Prefix = "Impersonate-";

    public static Impersonation None { get; } = new("", null, [], []);

    /// <summary>The headers of a request, as the API server reads them.</summary>
    public IEnumerable<(string Name, string Value)> Headers()
    {
        if (User.Length == 0)
            yield break;
        yield return ("Impersonate-User", User);
        if (Uid is not null)
            yield return ("Impersonate-Uid", Uid);
        foreach (string group in Groups)
            yield return ("Impersonate-Group", group);
        // A key may contain characters that are not allowed in a header's name: they are percent-encoded.
        foreach ((string key, string value) in Extra)
            yield return ($"Impersonate-Extra-{Uri.EscapeDataString(key)}", value);
    }
}
