using Depmap.Plugin.Cluster;

namespace Depmap.Plugin.Tests;

public sealed class RelayAddressTests
{
    [Theory]
    [InlineData("127.0.0.1:9470", "127.0.0.1", 9470)]
    [InlineData("[::1]:9470", "::1", 9470)]
    [InlineData("relay.depmap.svc:1", "relay.depmap.svc", 1)]
    [InlineData("localhost:65535", "localhost", 65535)]
    public void Host_and_port_are_read(string text, string host, int port)
    {
        Assert.True(RelayAddress.TryParse(text, out RelayAddress address));
        Assert.Equal(new RelayAddress(host, port), address);
        Assert.Equal(text, address.ToString());
    }

    [Theory]
    [InlineData("")]
    [InlineData("relay")]
    [InlineData(":9470")]
    [InlineData("relay:")]
    [InlineData("relay:0")]
    [InlineData("relay:65536")]
    [InlineData("relay:+1")]
    [InlineData("::1:9470")]
    [InlineData("[::1]")]
    [InlineData("[relay]:9470")]
    [InlineData("[127.0.0.1]:9470")]
    [InlineData("http://relay:9470")]
    [InlineData("re lay:9470")]
    public void Anything_else_is_refused(string text) => Assert.False(RelayAddress.TryParse(text, out _));
}
