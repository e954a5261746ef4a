namespace Depmap.Plugin.Cluster.Api;

/// <summary>Whom to act as; the API server asks whether the user may.</summary>
/// <param name="User">Empty where nobody is impersonated.</param>
internal sealed record Impersonation(
    string User, string? Uid, IReadOnlyList<string> Groups, IReadOnlyList<KeyValuePair<string, string>> Extra)
{
    /// <summary>Of the name of each header.</summary>
    public const string Prefix = "Impersonate-";

    public static Impersonation Nobody { get; } = new("", null, [], []);

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
        // A key may have characters that a header's name may not: they are percent-encoded.
        foreach ((string key, string value) in Extra)
            yield return ($"Impersonate-Extra-{Uri.EscapeDataString(key)}", value);
    }
}
