using System.Net;
using Depmap.Agent.Records;
using Depmap.V1;

namespace Depmap.Agent.Tests.Connections;

public class IcmpUnreachableTests
{
    /// <summary>RFC 792, RFC 1812 5.2.7.1; RFC 4443 3.1.</summary>
    [Theory]
    [InlineData(4, 0, DropReason.Unreachable, "NET_UNREACHABLE")]
    [InlineData(4, 1, DropReason.Unreachable, "HOST_UNREACHABLE")]
    [InlineData(4, 2, DropReason.Unreachable, "PROTOCOL_UNREACHABLE")]
    [InlineData(4, 3, DropReason.Unreachable, "PORT_UNREACHABLE")]
    [InlineData(4, 9, DropReason.Policy, "ADMIN_PROHIBITED")]
    [InlineData(4, 10, DropReason.Policy, "ADMIN_PROHIBITED")]
    [InlineData(4, 13, DropReason.Policy, "ADMIN_PROHIBITED")]
    [InlineData(4, 5, DropReason.Unreachable, "ICMP_CODE_5")]
    [InlineData(6, 0, DropReason.Unreachable, "NET_UNREACHABLE")]
    [InlineData(6, 1, DropReason.Policy, "ADMIN_PROHIBITED")]
    [InlineData(6, 2, DropReason.Unreachable, "ICMP_CODE_2")]
    [InlineData(6, 3, DropReason.Unreachable, "HOST_UNREACHABLE")]
    [InlineData(6, 4, DropReason.Unreachable, "PORT_UNREACHABLE")]
    [InlineData(6, 5, DropReason.Policy, "ADMIN_PROHIBITED")]
    public void An_error_about_the_syn_is_the_reason_of_the_failure(int version, int code, DropReason reason, string detail)
    {
        foreach (Side side in (Side[])[Side.Client, Side.Server])
        {
            Trace net = Of(side, version);

            net.At(0).Syn().At(0.1).Unreachable(code);

            Assert.Equal((State.Dropped, reason, detail), Outcome(net.Sighting));
        }
    }

    [Theory]
    [InlineData(Side.Client)]
    [InlineData(Side.Server)]
    public void An_error_about_the_server_s_packet_is_ignored(Side side)
    {
        Trace net = new Trace(side).At(0).Syn().At(0.1).Unreachable(code: 3, by: By.Client);

        Assert.Equal(State.Opening, net.Sighting.State);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void An_error_in_an_established_connection_is_ignored(bool isTcp)
    {
        Trace net = new(Side.Client, isTcp ? TransportProtocol.Tcp : TransportProtocol.Udp);
        if (isTcp)
            net.Handshake();
        else
            net.At(0).Datagram(By.Client).At(1).Datagram(By.Server);

        net.At(100).Unreachable(code: 1);

        Assert.Equal((State.Established, DropReason.Unspecified, ""), Outcome(net.Sighting));
    }

    [Fact]
    public void An_error_about_an_unknown_flow_opens_nothing()
    {
        Assert.Empty(new Trace().At(0).Unreachable(code: 3).Sightings);
    }

    /// <summary>Neighbor discovery fails after three requests, one a second: at the time of the second retransmission.</summary>
    [Fact]
    public void An_error_replaces_a_timeout()
    {
        Trace net = new Trace().At(0).Syn().At(1000).Syn().At(3000).Syn().Time(4010);
        Assert.Equal(DropReason.Timeout, net.Sighting.DropReason);

        net.At(4060).Unreachable(code: 1);

        Assert.Equal((State.Dropped, DropReason.Unreachable, "HOST_UNREACHABLE"), Outcome(net.Sighting));
    }

    [Theory]
    [InlineData(Side.Client)]
    [InlineData(Side.Server)]
    public void A_retransmission_after_an_error_may_succeed(Side side)
    {
        Trace net = new Trace(side).At(0).Syn().At(0.1).Unreachable(code: 3).At(1000).Syn().At(1000.1).SynAck().At(1000.2).Ack();

        Assert.Equal((State.Established, DropReason.Unspecified, ""), Outcome(net.Sighting));
    }

    private static Trace Of(Side side, int version) => version == 4
        ? new Trace(side)
        : new Trace(side) { Client = IPEndPoint.Parse("[fd00:1::2]:43210"), Server = IPEndPoint.Parse("[fd00:2::a]:80") };

    private static (State State, DropReason Reason, string Detail) Outcome(Sighting sighting) =>
        (sighting.State, sighting.DropReason, sighting.DropReasonDetail);
}
