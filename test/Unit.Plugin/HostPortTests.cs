using Depmap.Common.Options;

namespace Depmap.Plugin.Tests;

public sealed class HostPortTests
{
    [Theory]
    [InlineData("127.0.0.1:9470", "127.0.0.1", 9470)]
    [InlineData("[::1]:9470", "::1", 9470)]
    [InlineData("relay.depmap.svc:1", "relay.depmap.svc", 1)]
    [InlineData("localhost:65535", "localhost", 65535)]
    public void Host_and_port_are_parsed(string text, string host, int port)
    {
        Assert.True(HostPort.TryParse(text, out HostPort address));
        Assert.Equal(new HostPort(host, port), address);
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
    public void Other_text_is_rejected(string text) => Assert.False(HostPort.TryParse(text, out _));
}
