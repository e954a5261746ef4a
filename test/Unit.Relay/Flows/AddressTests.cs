using Depmap.Relay.Flows;

namespace Depmap.Relay.Tests.Flows;

public class AddressTests
{
    [Theory]
    [InlineData("10.244.0.2", "10.244.0.2")]
    [InlineData("::ffff:10.244.0.2", "10.244.0.2")]
    [InlineData("fd00:10:0244:0001:0:0:0:2", "fd00:10:244:1::2")]
    [InlineData("::1", "::1")]
    public void An_address_is_formatted_in_its_usual_form(string text, string written)
    {
        Assert.True(Address.TryParse(text, out Address address));
        Assert.Equal(written, address.ToString());
    }

    [Theory]
    [InlineData("")]
    [InlineData("None")]
    [InlineData("example.com")]
    [InlineData(null)]
    public void Text_that_is_not_an_address_is_rejected(string? text) => Assert.False(Address.TryParse(text, out _));

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    [InlineData(5)]
    [InlineData(17)]
    public void Bytes_of_another_length_are_rejected(int length) => Assert.False(Address.TryRead(new byte[length], out _));
}
