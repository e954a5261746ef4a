namespace Depmap.Lab.Tests;

/// <summary>How a call ended, as its client was told and as <c>observe</c> says.</summary>
public sealed class EndsTests(EndsLab lab) : IClassFixture<EndsLab>
{
    [Theory]
    [InlineData(EndsLab.Answered, "10.244.2.2", "TCP Deployment/client -> service echo:80 at Deployment/server FORWARDED")]
    [InlineData(EndsLab.Answered6, "10.244.2.2", "TCP Deployment/client -> service echo:80 at Deployment/server FORWARDED")]
    [InlineData(EndsLab.Udp, "10.244.2.2", "UDP Deployment/client -> service echo:80 at Deployment/server FORWARDED")]
    [InlineData(EndsLab.Udp6, "10.244.2.2", "UDP Deployment/client -> service echo:80 at Deployment/server FORWARDED")]
    [InlineData(EndsLab.OneWay, "", "UDP Deployment/client -> 10.244.2.2:514 at Deployment/server FORWARDED")]
    [InlineData(EndsLab.Refused, "ECONNREFUSED", "TCP Deployment/client -> 10.244.2.2:9 at Deployment/server DROPPED REFUSED")]
    [InlineData(EndsLab.UdpClosed, "ECONNREFUSED", "UDP Deployment/client -> 10.244.2.2:9 at Deployment/server DROPPED UNREACHABLE PORT_UNREACHABLE")]
    [InlineData(EndsLab.Policy, "TIMEOUT", "TCP Deployment/client -> service shut:80 at Deployment/shut DROPPED POLICY NETFILTER_DROP")]
    [InlineData(EndsLab.NoEndpoints, "ECONNREFUSED", "TCP Deployment/client -> service nobody:80 DROPPED NO_ENDPOINTS NETFILTER_DROP")]
    [InlineData(EndsLab.UdpNoEndpoints, "ECONNREFUSED", "UDP Deployment/client -> service nobody:80 DROPPED NO_ENDPOINTS NETFILTER_DROP")]
    [InlineData(EndsLab.Silent, "TIMEOUT", "TCP Deployment/client -> 203.0.113.99:80 DROPPED TIMEOUT")]
    public void A_call_is_one_flow_that_says_how_it_ended(int port, string answer, string flow)
    {
        Assert.Equal(answer, lab.Answers[port]);
        Assert.Equal(flow, Assert.Single(lab.Flows[port]).ToString());
    }

    [Fact]
    public void A_connection_older_than_the_agents_has_the_right_client_and_says_that_it_was_guessed() =>
        Assert.Equal(
            "TCP Deployment/client -> service stream:81 at Deployment/server FORWARDED guessed",
            Assert.Single(lab.Flows[EndsLab.Longest]).ToString());

    /// <summary>The ICMP error comes after 3 s, as does the SYN's second repeat, after which silence would be a TIMEOUT.</summary>
    [Fact]
    public void An_address_that_nobody_has_is_unreachable()
    {
        Assert.Equal("EHOSTUNREACH", lab.Answers[EndsLab.Nobody]);
        Assert.Matches(
            "^TCP Deployment/client -> 10.244.2.200:80 DROPPED UNREACHABLE (HOST_UNREACHABLE|NEIGH_FAILED)$",
            Assert.Single(lab.Flows[EndsLab.Nobody]).ToString());
    }

    [Theory]
    [InlineData(EndsLab.Answered, "10.244.1.2", "10.96.0.20", "10.244.2.2")]
    [InlineData(EndsLab.Answered6, "fd00:10:244:1::2", "fd00:10:96::20", "fd00:10:244:2::2")]
    [InlineData(EndsLab.Udp6, "fd00:10:244:1::2", "fd00:10:96::20", "fd00:10:244:2::2")]
    public void Addresses_are_those_before_and_after_translation(int port, string client, string service, string pod)
    {
        FlowLine flow = Assert.Single(lab.Flows[port]);
        Assert.Equal((client, service, pod), (flow.Source.Ip, flow.Destination.Ip, flow.Destination.PodIp));
        Assert.Equal((80, 8080), (flow.Destination.Port, flow.Destination.PodPort));
    }

    [Fact]
    public void Nothing_else_is_shown() => Assert.Equal(13, lab.Flows.Sum(port => port.Count()));
}
