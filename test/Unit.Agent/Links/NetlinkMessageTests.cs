using System.Net;
using Depmap.Agent.Links;

namespace Depmap.Agent.Tests.Links;

/// <summary>Reads messages written with <see cref="NetlinkRequest"/>: requests and responses have the same format.</summary>
public class NetlinkMessageTests
{
    [Fact]
    public void A_link_is_read_with_its_name_its_kind_and_whether_its_peer_is_in_another_namespace()
    {
        var request = new NetlinkRequest(stackalloc byte[256], Rtnetlink.NewLink, 0);
        request.AddHeader(new LinkHeader(0, 0, 1, 42, 0, 0));
        request.Add(Rtnetlink.LinkName, "cali12ab");
        int info = request.BeginNested(Rtnetlink.LinkInfo);
        request.Add(Rtnetlink.LinkInfoKind, "veth");
        request.EndNested(info);
        request.Add(Rtnetlink.LinkPeerNamespace, 0);

        Assert.True(Link.TryRead(First(request.Finish(1)), out Link link));
        Assert.Equal(new Link(42, "cali12ab", "veth", PeerInOtherNamespace: true), link);
    }

    [Fact]
    public void A_bridge_port_that_leaves_its_bridge_is_not_a_deleted_link()
    {
        var request = new NetlinkRequest(stackalloc byte[64], Rtnetlink.DeleteLink, 0);
        request.AddHeader(new LinkHeader(Family: 7, 0, 1, 42, 0, 0)); // AF_BRIDGE

        Assert.False(Link.TryRead(First(request.Finish(1)), out _));
    }

    [Theory]
    [InlineData("10.1.2.3", "10.1.2.9", "10.1.2.3")] // point to point: IFA_ADDRESS is the peer's
    [InlineData(null, "fc00::5", "fc00::5")]
    public void The_local_address_takes_precedence(string? local, string other, string expected)
    {
        byte[] bytes = Message(Rtnetlink.NewAddress, [2, 24, 0, 0, 9, 0, 0, 0],
            (Rtnetlink.AddressValue, IPAddress.Parse(other).GetAddressBytes()),
            (Rtnetlink.AddressLocal, local is null ? [] : IPAddress.Parse(local).GetAddressBytes()));

        Assert.True(InterfaceAddress.TryRead(First(bytes), out InterfaceAddress address));
        Assert.Equal(new InterfaceAddress(9, IPAddress.Parse(expected)), address);
    }

    [Theory]
    [InlineData(0, 254, true)]
    [InlineData(0, 255, false)] // the local table
    [InlineData(0, 100, false)] // another table
    [InlineData(24, 254, false)]
    public void Only_routes_of_length_zero_in_the_main_table_are_default_routes(byte length, byte table, bool expected)
    {
        byte[] bytes = Message(Rtnetlink.NewRoute, [2, length, 0, 0, table, 0, 0, 1, 0, 0, 0, 0],
            (Rtnetlink.RouteInterface, [3, 0, 0, 0]));
        HashSet<int> interfaces = [];

        DefaultRoute.AddInterfaces(First(bytes), interfaces);

        Assert.Equal(expected, DefaultRoute.IsIn(First(bytes)));
        Assert.Equal(expected ? [3] : [], interfaces);
    }

    [Fact]
    public void A_multipath_default_route_leads_through_all_its_interfaces()
    {
        byte[] hops = [16, 0, 0, 0, 3, 0, 0, 0, 8, 0, 5, 0, 10, 0, 0, 1, 8, 0, 0, 0, 4, 0, 0, 0];
        byte[] bytes = Message(
            Rtnetlink.NewRoute, [2, 0, 0, 0, 254, 0, 0, 1, 0, 0, 0, 0], (Rtnetlink.RouteMultipath, hops));
        HashSet<int> interfaces = [];

        DefaultRoute.AddInterfaces(First(bytes), interfaces);

        Assert.Equal([3, 4], interfaces.Order());
    }

    [Theory]
    [InlineData(0xDE9, "depmap_from_pod", true, false)]
    [InlineData(0xDE9, "depmap_to_pod+clsact", true, true)]
    [InlineData(0xDE9, "somebody_else+clsact", false, false)]
    [InlineData(1, "depmap_from_pod", false, false)]
    public void A_filter_is_ours_by_handle_and_name_and_its_name_says_who_created_the_qdisc(
        uint handle, string name, bool ours, bool ownsQdisc)
    {
        var filter = new ClsactFilter(handle, 0, name);

        Assert.Equal((ours, ownsQdisc), (filter.IsOurs, filter.OwnsQdisc));
    }

    [Theory]
    [InlineData(Rtnetlink.NewQdisc, 0xFFFFFFF1, 0, true, true)]
    [InlineData(Rtnetlink.DeleteQdisc, 0xFFFFFFF1, 5, true, true)]
    [InlineData(Rtnetlink.DeleteQdisc, 0xFFFFFFFF, 5, false, false)] // the root: what the interface sends
    [InlineData(Rtnetlink.NewFilter, 0xFFFFFFF2, 5, true, false)]
    [InlineData(Rtnetlink.DeleteFilter, 0xFFFF0000, 5, true, false)]
    [InlineData(Rtnetlink.NewFilter, 0xFFFFFFFF, 5, false, false)]
    [InlineData(Rtnetlink.NewFilter, 0x00010000, 5, false, false)] // of a qdisc 1:
    [InlineData(Rtnetlink.NewFilter, 0xFFFFFFF2, 4711, false, false)] // caused by our own request
    [InlineData(Rtnetlink.NewLink, 0xFFFFFFF1, 5, false, false)]
    public void Changes_by_other_programs_to_a_clsact_or_ingress_qdisc_are_recognized(
        ushort type, uint parent, uint port, bool expected, bool isQdisc)
    {
        var request = new NetlinkRequest(stackalloc byte[64], type, 0);
        request.AddHeader(new TrafficHeader(0, 42, 0, parent, 0));
        byte[] bytes = request.Finish(1).ToArray();
        BitConverter.GetBytes(port).CopyTo(bytes, 12);

        Assert.Equal(expected, TrafficControlEvent.TryRead(First(bytes), ownPort: 4711, out TrafficControlEvent change));
        Assert.Equal(expected ? new TrafficControlEvent(42, isQdisc) : default, change);
    }

    [Theory]
    [InlineData("clsact", 0xFFFFFFF1, nameof(IngressQdisc.Clsact), 2)]
    [InlineData("ingress", 0xFFFFFFF1, nameof(IngressQdisc.Ingress), 1)]
    [InlineData("pfifo", 0xFFFFFFF1, nameof(IngressQdisc.None), 0)]
    [InlineData("clsact", 0xFFFFFFFF, nameof(IngressQdisc.None), 0)]
    public void A_clsact_qdisc_has_filters_for_both_directions_and_an_ingress_qdisc_for_one(
        string kind, uint parent, string expected, int directions)
    {
        var request = new NetlinkRequest(stackalloc byte[64], Rtnetlink.NewQdisc, 0);
        request.AddHeader(new TrafficHeader(0, 42, 0, parent, 0));
        request.Add(Rtnetlink.TrafficKind, kind);

        Assert.Equal(directions > 0, IngressQdiscs.TryRead(First(request.Finish(1)), out _, out IngressQdisc place));
        Assert.Equal((expected, directions), (place.ToString(), place.Directions().Length));
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(15, 0)]
    [InlineData(16, 1)]
    [InlineData(35, 1)] // the second message is truncated
    [InlineData(36, 2)]
    public void Reading_ends_at_the_first_message_that_does_not_fit(int kept, int expected)
    {
        byte[] bytes = [.. Message(2, []), .. Message(3, [1, 2, 3, 4])];
        var reader = new NetlinkReader(bytes.AsSpan(0, kept));
        int count = 0;
        while (reader.TryRead(out _))
            count++;

        Assert.Equal(expected, count);
    }

    [Theory]
    [InlineData(new byte[] { 5, 0, 1, 0, 9 }, 1)] // the last one needs no padding
    [InlineData(new byte[] { 5, 0, 1, 0, 9, 0, 0, 0, 4, 0, 2, 0 }, 2)]
    [InlineData(new byte[] { 0, 0, 1, 0, 9, 0, 0, 0 }, 0)] // shorter than its own header: would loop forever
    [InlineData(new byte[] { 9, 0, 1, 0, 9, 0, 0, 0 }, 0)]
    [InlineData(new byte[] { 4, 0, 1 }, 0)]
    public void Reading_ends_at_the_first_attribute_that_does_not_fit(byte[] bytes, int expected)
    {
        var attributes = new NetlinkAttributes(bytes);
        int count = 0;
        while (attributes.TryRead(out _, out _))
            count++;

        Assert.Equal(expected, count);
    }

    [Fact]
    public void Random_bytes_never_make_a_reader_throw()
    {
        var random = new Random(20261125);
        ushort[] types = [Rtnetlink.NewLink, Rtnetlink.NewAddress, Rtnetlink.NewRoute, Rtnetlink.NewFilter, Rtnetlink.NewQdisc];
        HashSet<int> interfaces = [];
        for (int i = 0; i < 100_000; i++)
        {
            byte[] body = new byte[random.Next(64)];
            random.NextBytes(body);
            for (int j = 0; j < body.Length; j++)
                body[j] = random.Next(2) == 0 ? (byte)(body[j] % 24) : (byte)0; // small numbers: plausible lengths and types
            NetlinkMessage message = First(Message(types[i % types.Length], body));
            Link.TryRead(message, out _);
            InterfaceAddress.TryRead(message, out _);
            DefaultRoute.AddInterfaces(message, interfaces);
            ClsactFilter.TryRead(message, out _);
            TrafficControlEvent.TryRead(message, 0, out _);
            IngressQdiscs.TryRead(message, out _, out _);
            _ = message.Error;
        }
    }

    private static NetlinkMessage First(ReadOnlySpan<byte> bytes)
    {
        Assert.True(new NetlinkReader(bytes).TryRead(out NetlinkMessage message));
        return message;
    }

    private static byte[] Message(ushort type, byte[] header, params (ushort Type, byte[] Value)[] attributes)
    {
        List<byte> bytes = [.. new byte[16], .. header];
        foreach ((ushort attribute, byte[] value) in attributes)
        {
            bytes.AddRange([.. BitConverter.GetBytes((ushort)(value.Length + 4)), .. BitConverter.GetBytes(attribute), .. value]);
            while (bytes.Count % 4 != 0)
                bytes.Add(0);
        }

        byte[] message = [.. bytes];
        BitConverter.GetBytes(message.Length).CopyTo(message, 0);
        BitConverter.GetBytes(type).CopyTo(message, 4);
        return message;
    }
}
