using Depmap.Relay.Cluster;

namespace Depmap.Relay.Tests.Cluster;

public class ServiceAccountTests
{
    [Theory]
    [InlineData("10.96.0.1", "https://10.96.0.1/")]
    [InlineData("fd00:10:96::1", "https://[fd00:10:96::1]/")]
    public void The_address_of_the_API_server_is_that_of_its_variables(string host, string address)
    {
        using var folder = new TemporaryFolder();
        folder.Write("token", "secret");
        folder.Write("ca.crt", "");
        Assert.Equal(address, Open(folder, host).Server.ToString());
    }

    [Fact]
    public void Its_namespace_is_that_of_the_relay()
    {
        using var folder = new TemporaryFolder();
        folder.Write("token", "secret");
        folder.Write("ca.crt", "");
        Assert.Null(Open(folder, "10.96.0.1").Namespace);
        folder.Write("namespace", "eyes");
        Assert.Equal("eyes", Open(folder, "10.96.0.1").Namespace);
    }

    private static ServiceAccount Open(TemporaryFolder folder, string host) =>
        ServiceAccount.Open(folder.Path, name => name == "KUBERNETES_SERVICE_HOST" ? host : "443");
}
