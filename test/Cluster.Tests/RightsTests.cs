namespace Depmap.Cluster.Tests;

/// <summary>The accounts have the permissions that SECURITY.md lists, as the API server reports them.</summary>
[Collection(nameof(Kubernetes))]
public sealed class RightsTests(Kubernetes cluster) : IClassFixture<RightsTests.Installed>
{
    /// <summary>Depmap is installed for these tests.</summary>
    public sealed class Installed(Kubernetes cluster) : IAsyncLifetime
    {
        public async Task InitializeAsync() => await cluster.RunAsync("kubectl depmap install --no-wait 2>&1");

        public async Task DisposeAsync() => await cluster.RunAsync("kubectl depmap uninstall 2>&1");
    }

    [Theory]
    [InlineData("depmap/depmap-relay")]
    [InlineData("depmap-agents/depmap-agent")]
    public async Task An_account_has_exactly_the_permissions_of_SECURITY_md(string account)
    {
        // An account without any role has what every account has.
        string[] everyone = await RightsAsync("default/nobody");
        Assert.NotEmpty(everyone);
        Assert.Equal(Documented(account), (await RightsAsync(account)).Except(everyone).Order(StringComparer.Ordinal));
    }

    /// <returns>Lines such as <c>replicasets.apps [] [] [get list watch]</c>.</returns>
    private async Task<string[]> RightsAsync(string account)
    {
        string list = await cluster.RunAsync(
            $"kubectl auth can-i --list --no-headers --as=system:serviceaccount:{account.Replace('/', ':')}");
        return [.. list.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => string.Join(' ', line.Split(' ', StringSplitOptions.RemoveEmptyEntries)))];
    }

    private static List<string> Documented(string account)
    {
        var rights = new List<string>();
        string current = "";
        foreach (string line in File.ReadLines(Installation.File("SECURITY.md")))
        {
            if (line.Split('|', StringSplitOptions.TrimEntries) is not ["", var name, var group, var resources, var verbs, _, ""])
                continue;
            current = name.Length > 0 ? name.Trim('`') : current;
            if (current != account || resources == "none")
                continue;
            string suffix = group == "core" ? "" : $".{group.Trim('`')}";
            string list = verbs.Replace(",", "", StringComparison.Ordinal);
            rights.AddRange(resources.Split(", ").Select(resource => $"{resource}{suffix} [] [] [{list}]"));
        }

        // Without this, a missing table would pass for an account without permissions.
        Assert.Contains(account, File.ReadAllText(Installation.File("SECURITY.md")), StringComparison.Ordinal);
        return [.. rights.Order(StringComparer.Ordinal)];
    }
}
