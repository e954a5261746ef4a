using System.Net;
using Depmap.Agent.Links;
using Depmap.V1;

namespace Depmap.Agent.Tests.Links;

/// <summary>The addresses that are reported of a node.</summary>
public class NodeAddressesTests
{
    private readonly NodeAddresses _node = new();

    [Fact]
    public void Nothing_is_reported_before_the_first_list()
    {
        Assert.Null(_node.Report);
    }

    [Fact]
    public void All_are_reported_once_but_loopback_and_link_local_ones_and_those_of_services()
    {
        _node.Set(
            [
                On(1, "127.0.0.1"), On(1, "::1"), On(1, "169.254.20.10"), On(2, "172.30.7.11"), On(2, "fe80::1"), On(3, "10.244.1.1"),
                On(4, "10.244.1.1"), On(5, "fd00:10:244:1::1"), On(9, "10.96.0.10"),
            ],
            serviceInterface: 9);
        Assert.Equal(["169.254.20.10", "172.30.7.11", "10.244.1.1", "fd00:10:244:1::1"], Reported());
        Assert.True(_node.Contains(Agent.Records.Address.From(IPAddress.Loopback)));
    }

    [Fact]
    public void The_report_is_replaced_only_after_a_change()
    {
        _node.Set([On(1, "10.0.0.1")]);
        InterfaceAddresses first = _node.Report!;
        _node.Set([On(1, "10.0.0.1"), On(7, "fe80::2")]);
        Assert.Same(first, _node.Report);
        _node.Set([On(1, "10.0.0.2")]);
        Assert.Equal(["10.0.0.2"], Reported());
    }

    [Fact]
    public void The_number_of_reported_addresses_is_bounded()
    {
        int omitted = _node.Set(
            [.. Enumerable.Range(0, NodeAddresses.MaxReported + 3).Select(i => On(i + 1, $"10.1.{i / 256}.{i % 256}"))]);
        Assert.Equal((3, NodeAddresses.MaxReported), (omitted, Reported().Length));
    }

    private static InterfaceAddress On(int index, string address) => new(index, IPAddress.Parse(address));

    private string[] Reported() => [.. _node.Report!.Addresses.Select(bytes => new IPAddress(bytes.Span).ToString())];
}
