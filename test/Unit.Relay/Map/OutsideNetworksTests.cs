using Depmap.Common.Options;
using Depmap.Relay.Map;
using static Depmap.Relay.Tests.Names.TestCluster;

namespace Depmap.Relay.Tests.Map;

public class OutsideNetworksTests
{
    [Theory]
    [InlineData("10.1.2.3", "lab")]
    [InlineData("10.9.2.3", "office")]
    [InlineData("11.0.0.0", null)]
    [InlineData("fd00::1", "v6")]
    public void The_longest_prefix_names_an_address(string address, string? name)
    {
        OutsideNetworks networks = OutsideNetworks.Parse("10.0.0.0/8=office, 10.1.0.0/16=lab,fd00::/8=v6").Value;
        Assert.Equal(name, networks.Find(ParseEndpoint(address, 0).Address));
    }

    [Theory]
    [InlineData("10.0.0.0/8", "use CIDR=NAME, such as 10.0.0.0/8=office, several separated by commas")]
    [InlineData("office=10.0.0.0/8", "office is not a CIDR; use CIDR=NAME, such as 10.0.0.0/8=office, several separated by commas")]
    [InlineData("10.0.0.1/8=a", "10.0.0.1/8 is not a CIDR; use CIDR=NAME, such as 10.0.0.0/8=office, several separated by commas")]
    [InlineData("10.0.0.0/8=", "\"\" is not a name; use at most 63 letters, digits, hyphens, dots and underscores")]
    [InlineData("10.0.0.0/8=a b", "\"a b\" is not a name; use at most 63 letters, digits, hyphens, dots and underscores")]
    [InlineData("10.0.0.0/8=a,10.0.0.0/8=b", "10.0.0.0/8 is given twice")]
    public void Errors_name_the_word_and_what_is_accepted(string text, string error)
    {
        Parsed<OutsideNetworks> parsed = OutsideNetworks.Parse(text);
        Assert.Equal(error, parsed.Error);
    }
}
