using Depmap.Plugin.Cluster.Api;

namespace Depmap.Plugin.Tests.Cluster;

public sealed class EnvironmentProxyTests
{
    [Theory]
    [InlineData("https://one.example:6443", "", true)]
    [InlineData("http://one.example:8080", "", false)] // only HTTPS_PROXY is set
    [InlineData("https://one.example:6443", "*", false)]
    [InlineData("https://one.example:6443", "one.example", false)]
    [InlineData("https://api.one.example", "one.example", false)]
    [InlineData("https://one.example:6443", ".one.example", true)]
    [InlineData("https://api.one.example", "other,.one.example", false)]
    [InlineData("https://api.one.example", "*.one.example", false)]
    [InlineData("https://one.example:6443", "one.example:443", true)]
    [InlineData("https://one.example:6443", "one.example:6443", false)]
    [InlineData("https://stone.example", "one.example", true)]
    [InlineData("https://10.1.2.3:6443", "10.0.0.0/8", false)]
    [InlineData("https://11.1.2.3:6443", "10.0.0.0/8", true)]
    [InlineData("https://10.1.2.3:6443", "10.1.2.3", false)]
    [InlineData("https://10.1.2.3:6443", "10.1.2.3:443", true)]
    [InlineData("https://[fd00::1]:6443", "fd00::/16", false)]
    [InlineData("https://localhost:6443", "", false)]
    [InlineData("https://127.0.0.1:6443", "", false)]
    [InlineData("https://[::1]:6443", "", false)]
    public void It_is_used_for_the_same_addresses_as_by_kubectl(string address, string noProxy, bool isUsed)
    {
        var variables = new Dictionary<string, string> { ["https_proxy"] = "proxy.example:3128", ["NO_PROXY"] = noProxy };
        var proxy = new EnvironmentProxy(variables.GetValueOrDefault);
        Assert.Equal(isUsed ? "proxy.example:3128 (HTTPS_PROXY)" : null, proxy.For(new Uri(address))?.ToString());
    }

    [Fact]
    public void An_invalid_proxy_is_an_error() => Assert.Equal(
        "HTTPS_PROXY is not the URL of a proxy: ftp://proxy",
        Assert.Throws<ApiException>(() => new EnvironmentProxy(name => name == "HTTPS_PROXY" ? "ftp://proxy" : null)).Message);
}
