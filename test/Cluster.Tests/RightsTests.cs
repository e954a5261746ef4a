namespace Depmap.Cluster.Tests;

/// <summary>What the accounts may do is what SECURITY.md says, as the API server sees it.</summary>
[Collection(nameof(Kubernetes))]
public sealed class RightsTests(Kubernetes cluster) : IAsyncLifetime
{
    public async Task InitializeAsync() => await cluster.RunAsync("kubectl depmap install --no-wait 2>&1");

    public async Task DisposeAsync() => await cluster.RunAsync("kubectl depmap uninstall 2>&1");

    [Theory]
    [InlineData("depmap/depmap-relay")]
    [InlineData("depmap-agents/depmap-agent")]
    public async Task An_account_may_do_what_the_document_lists_and_nothing_else(string account)
    {
        // One that nobody gave anything: what every account has.
        string[] everyone = await RightsAsync("default/nobody");
        Assert.NotEmpty(everyone);
        Assert.Equal(Documented(account), (await RightsAsync(account)).Except(everyone).Order(StringComparer.Ordinal));
    }

    /// <returns>Lines such as <c>replicasets.apps [] [] [get list watch]</c>.</returns>
    private async Task<string[]> RightsAsync(string account)
    {
        string list = await cluster.RunAsync($"kubectl auth can-i --list --no-headers --as=system:serviceaccount:{account.Replace('/', ':')}");
        return [.. list.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => string.Join(' ', line.Split(' ', StringSplitOptions.RemoveEmptyEntries)))];
    }

    private static List<string> Documented(string account)
    {
        var rights = new List<string>();
        string current = "";
        foreach (string line in File.ReadLines(Installation.File("SECURITY.md")))
        {
            if (line.Split('|', StringSplitOptions.TrimEntries) is not ["", var named, var group, var resources, var verbs, _, ""])
                continue;
            current = named.Length > 0 ? named.Trim('`') : current;
            if (current != account || resources == "none")
                continue;
            string suffix = group == "core" ? "" : $".{group.Trim('`')}";
            rights.AddRange(resources.Split(", ").Select(resource => $"{resource}{suffix} [] [] [{verbs.Replace(",", "", StringComparison.Ordinal)}]"));
        }

        // The table must be there to be compared with.
        Assert.Contains(account, File.ReadAllText(Installation.File("SECURITY.md")), StringComparison.Ordinal);
        return [.. rights.Order(StringComparer.Ordinal)];
    }
}
