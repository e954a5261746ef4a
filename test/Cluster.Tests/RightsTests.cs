using System.Text.RegularExpressions;

namespace Depmap.Cluster.Tests;

/// <summary>The accounts have the permissions that SECURITY.md lists, as the API server reports them.</summary>
[Collection(nameof(Kubernetes))]
public sealed partial class RightsTests(Kubernetes cluster) : IClassFixture<RightsTests.Installed>
{
    /// <summary>Depmap is installed for these tests.</summary>
    public sealed class Installed(Kubernetes cluster) : IAsyncLifetime
    {
        public async Task InitializeAsync() => await cluster.RunAsync("kubectl depmap install --wait=false 2>&1");

        public async Task DisposeAsync() => await cluster.RunAsync("kubectl depmap uninstall 2>&1");
    }

    [Theory]
    [InlineData("depmap/depmap-relay")]
    [InlineData("depmap-agents/depmap-agent")]
    public async Task An_account_has_exactly_the_permissions_of_SECURITY_md(string account)
    {
        List<(string? Namespace, string Right)> documented = Documented(account);
        foreach (string ns in (string[])["default", "kube-system", "depmap", "depmap-agents"])
        {
            // An account without any role has what every account has.
            string[] everyone = await RightsAsync("default/nobody", ns);
            Assert.NotEmpty(everyone);
            IEnumerable<string> here = documented.Where(one => one.Namespace is null || one.Namespace == ns).Select(one => one.Right);
            Assert.Equal(
                here.Order(StringComparer.Ordinal),
                (await RightsAsync(account, ns)).Except(everyone).Order(StringComparer.Ordinal));
        }
    }

    /// <returns>Lines such as <c>replicasets.apps [] [] [get list watch]</c>.</returns>
    private async Task<string[]> RightsAsync(string account, string ns)
    {
        string list = await cluster.RunAsync(
            $"kubectl auth can-i --list --no-headers -n {ns} --as=system:serviceaccount:{account.Replace('/', ':')}");
        return [.. list.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => string.Join(' ', line.Split(' ', StringSplitOptions.RemoveEmptyEntries)))];
    }

    /// <returns>The rights, with their namespace if they are for one only.</returns>
    private static List<(string? Namespace, string Right)> Documented(string account)
    {
        var rights = new List<(string?, string)>();
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
            if (NamedObject().Match(resources) is { Success: true } named)
                rights.Add((named.Groups[3].Value, $"{named.Groups[1].Value}{suffix} [] [{named.Groups[2].Value}] [{list}]"));
            else
                rights.AddRange(resources.Split(", ").Select(resource => ((string?)null, $"{resource}{suffix} [] [] [{list}]")));
        }

        // Without this, a missing table would pass for an account without permissions.
        Assert.Contains(account, File.ReadAllText(Installation.File("SECURITY.md")), StringComparison.Ordinal);
        return rights;
    }

    // Such as: secrets `depmap-agent-certificate` in `depmap-agents`
    [GeneratedRegex("^([a-z]+) `(.+)` in `(.+)`$")]
    private static partial Regex NamedObject();
}
