namespace Depmap.Lab.Tests;

/// <summary>The lab of the demo, and the check at its end.</summary>
public sealed class ShopTests : IAsyncLifetime
{
    private Cluster _lab = null!;

    public async Task InitializeAsync()
    {
        _lab = await Cluster.UpAsync("test/lab/shop.lab");
        await Wait.TryUntilAsync(async () => (await _lab.EdgesAsync()).Count == 8);
        // Flows first: the map then has at least their sum.
        (await Run.ScriptAsync($"""
            set -e
            {Lab("observe -o json")} > {_lab.State}/flows.json
            {Lab("map -o json")} > {_lab.State}/map.json
            {Lab("map -o table")} > {_lab.State}/map.txt
            """)).Succeeded();
    }

    public Task DisposeAsync() => _lab.DisposeAsync().AsTask();

    [Fact]
    public async Task The_shop_has_exactly_its_edges_and_the_check_finds_differences()
    {
        string[] shop = await File.ReadAllLinesAsync(Installation.File("test/lab/shop.lab"));

        Run right = await CheckAsync(shop);
        Assert.Matches(@"^the demo is right: \d+ flows on 8 edges, all of the shop's and no others\n$", right.Output + right.Error);
        Assert.Equal(0, right.ExitCode);

        const string oneMore = "expect shop Deployment/web -> shop service/redis TCP 6379 FORWARDED";
        Assert.Equal(
            new Run(1, """
                error: observe lacks shop Deployment/web -> shop service/redis TCP 6379
                error: map -o json lacks shop Deployment/web -> shop service/redis TCP 6379
                error: the table lacks shop/web shop/redis TCP 6379

                """, ""),
            await CheckAsync([.. shop, oneMore]));

        Run oneLess = await CheckAsync([.. shop.Where(line => !line.Contains("TCP 9999"))]);
        Assert.Equal(1, oneLess.ExitCode);
        Assert.Contains("error: map -o json has shop Deployment/web -> shop Deployment/cart TCP 9999 too much\n", oneLess.Output);
        Assert.Contains("error: the table has shop/web shop/cart TCP 9999 too much\n", oneLess.Output);

        Run otherVerdict = await CheckAsync([.. shop.Select(line => line.Replace("DROPPED POLICY", "DROPPED TIMEOUT"))]);
        Assert.Equal(1, otherVerdict.ExitCode);
        Assert.Contains(
            "error: map -o json has shop Deployment/web -> shop service/payments TCP 80 dropped for POLICY\n", otherVerdict.Output);
    }

    private async Task<Run> CheckAsync(IEnumerable<string> table)
    {
        string file = $"{_lab.State}/checked.lab";
        await File.WriteAllLinesAsync(file, table);
        return await Run.ScriptAsync($"python3 -B {Installation.File("test/lab/check.py")} {file} {_lab.State}");
    }

    private string Lab(string command) => $"{Installation.File("test/lab/lab")} --name {_lab.Name} {command}";
}
