using Depmap.Relay.Flows;

namespace Depmap.Relay.Tests.Flows;

public class AddressRangeTests
{
    [Theory]
    [InlineData("10.0.0.0/8", "10.255.255.255", true)]
    [InlineData("10.0.0.0/8", "11.0.0.0", false)]
    [InlineData("192.0.2.128/25", "192.0.2.127", false)]
    [InlineData("192.0.2.128/25", "192.0.2.128", true)]
    [InlineData("192.0.2.7/32", "192.0.2.7", true)]
    [InlineData("0.0.0.0/0", "255.255.255.255", true)]
    [InlineData("0.0.0.0/0", "::1", false)]
    [InlineData("fd00:1::/32", "fd00:1:ffff::1", true)]
    [InlineData("fd00:1::/32", "fd00:2::1", false)]
    [InlineData("2001:db8::8:0/109", "2001:db8::f:ffff", true)]
    [InlineData("2001:db8::8:0/109", "2001:db8::10:0", false)]
    [InlineData("::/0", "2001:db8::1", true)]
    public void It_contains_the_addresses_with_its_prefix(string range, string address, bool contains)
    {
        Assert.Equal(contains, AddressRange.Parse(range).Contains(Parse(address)));
        Assert.Equal(range, AddressRange.Parse(range).ToString());
    }

    [Theory]
    [InlineData("")]
    [InlineData("10/8")]
    [InlineData("10.0.0.1/8")]
    [InlineData("10.0.0.0/33")]
    [InlineData("10.0.0.0")]
    [InlineData("fd00::1/64")]
    [InlineData("fd00::/129")]
    [InlineData("office")]
    public void Other_texts_are_refused(string text) => Assert.False(AddressRange.TryParse(text, out _));

    [Theory]
    [InlineData("10.1.2.3", "Private")]
    [InlineData("172.15.255.255", "Public")]
    [InlineData("172.16.0.0", "Private")]
    [InlineData("172.31.255.255", "Private")]
    [InlineData("172.32.0.0", "Public")]
    [InlineData("192.168.0.1", "Private")]
    [InlineData("100.64.0.1", "Private")]
    [InlineData("169.254.169.254", "Private")]
    [InlineData("127.0.0.1", "Private")]
    [InlineData("203.0.113.7", "Public")]
    [InlineData("223.255.255.255", "Public")]
    [InlineData("224.0.0.251", "Multicast")]
    [InlineData("239.255.255.250", "Multicast")]
    [InlineData("255.255.255.255", "Broadcast")]
    [InlineData("fd00::1", "Private")]
    [InlineData("fe80::1", "Private")]
    [InlineData("::1", "Private")]
    [InlineData("ff02::fb", "Multicast")]
    [InlineData("2001:db8::7", "Public")]
    public void An_address_has_a_kind(string address, string kind) => Assert.Equal(kind, AddressKinds.KindOf(Parse(address)).ToString());

    private static Address Parse(string text) => Address.TryParse(text, out Address address) ? address : throw new FormatException(text);
}
