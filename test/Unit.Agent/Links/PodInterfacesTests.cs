using Depmap.Agent.Links;
using Depmap.Agent.Records;

namespace Depmap.Agent.Tests.Links;

/// <summary>Which interfaces are found, and when, by a real kernel.</summary>
public sealed class PodInterfacesTests : IDisposable
{
    private readonly LinksNamespace _node = new();
    private readonly LinksNamespace _pod = new();

    public void Dispose()
    {
        _node.Dispose();
        _pod.Dispose();
    }

    [Fact]
    public async Task Interfaces_that_exist_at_the_start_are_attached_before_it_is_ready()
    {
        int first = _node.AddVeth("cali1", _pod, peer: "eth0");
        int second = _node.AddVeth("whatever", _pod, peer: "eth1");
        _node.Ip("link add cilium_host type veth peer name cilium_net");
        _node.Ip("link add bridge0 type bridge");

        await using RunningPodInterfaces watch = await RunningPodInterfaces.StartAsync(_node, Hook.Tcx);

        Assert.Equal([new(first, true), new(second, true)], watch.Rest());
        Assert.Equal(2, watch.Interfaces.State.Attached);
        Assert.Contains("Information: watching 2 pod interfaces by tcx", watch.Log);
    }

    [Theory]
    [InlineData(Hook.Tcx, false)]
    [InlineData(Hook.Clsact, true)]
    public async Task Changes_of_traffic_control_wake_the_agent_up_by_clsact_only(Hook mode, bool expected)
    {
        await using RunningPodInterfaces watch = await RunningPodInterfaces.StartAsync(_node, mode);

        // The fourth column of /proc/net/netlink is the mask of groups.
        uint[] groups = _node.Run(() => File.ReadLines("/proc/thread-self/net/netlink").Skip(1)
            .Select(line => Convert.ToUInt32(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[3], 16))
            .Where(groups => (groups & Rtnetlink.LinkGroup) != 0).ToArray());

        Assert.Equal(expected, (Assert.Single(groups) & Rtnetlink.TrafficGroup) != 0);
    }

    [Theory]
    [InlineData("")]
    [InlineData("mtu 1400")]
    public async Task An_interface_made_later_is_attached_at_once(string options)
    {
        await using RunningPodInterfaces watch = await RunningPodInterfaces.StartAsync(_node, Hook.Tcx);

        int index = _node.AddVeth("veth1", _pod, options);

        Assert.Equal(new(index, true), await watch.NextAsync());
    }

    [Fact]
    public async Task The_node_s_own_addresses_are_known_as_they_come_and_go()
    {
        _node.AddVeth("veth1", _pod);
        _node.Ip("addr add 10.244.1.1/32 dev veth1");
        await using RunningPodInterfaces watch = await RunningPodInterfaces.StartAsync(_node, Hook.Tcx);
        Assert.True(watch.Own.Contains(Of("10.244.1.1")));

        _node.Ip("addr add fd00:10:244::1/64 dev veth1 nodad");
        await Until(() => watch.Own.Contains(Of("fd00:10:244::1")));
        _node.Ip("addr del 10.244.1.1/32 dev veth1");
        await Until(() => !watch.Own.Contains(Of("10.244.1.1")));

        static Address Of(string address) => Address.From(System.Net.IPAddress.Parse(address));

        static async Task Until(Func<bool> holds)
        {
            for (int i = 0; i < 500 && !holds(); i++)
                await Task.Delay(20);
            Assert.True(holds());
        }
    }

    [Fact]
    public async Task An_interface_made_by_the_pod_s_side_is_attached_at_once()
    {
        await using RunningPodInterfaces watch = await RunningPodInterfaces.StartAsync(_node, Hook.Tcx);

        _pod.Ip($"link add eth0 type veth peer name veth1 netns {_node.Name}"); // as CNI's bridge plugin does

        Assert.Equal(new(_node.IndexOf("veth1"), true), await watch.NextAsync());
    }

    [Fact]
    public async Task An_interface_is_attached_once_its_peer_moves_into_a_pod_and_detached_when_it_comes_back()
    {
        await using RunningPodInterfaces watch = await RunningPodInterfaces.StartAsync(_node, Hook.Tcx);
        _node.Ip("link add veth1 type veth peer name eth7");
        int index = _node.IndexOf("veth1");

        _node.Ip($"link set eth7 netns {_pod.Name}");
        Assert.Equal(new(index, true), await watch.NextAsync());

        _pod.Ip($"link set eth7 netns {_node.Name}");
        Assert.Equal(new(index, false), await watch.NextAsync());
        Assert.Empty(CountingProgram.AttachedByTcx(_node, index));
    }

    [Fact]
    public async Task An_interface_moved_to_another_namespace_is_left_alone_from_then_on()
    {
        using LinksNamespace elsewhere = new();
        int index = _node.AddVeth("veth1", _pod, "index 77");
        await using RunningPodInterfaces watch = await RunningPodInterfaces.StartAsync(_node, Hook.Tcx);
        Assert.Equal(new(index, true), await watch.NextAsync());

        _node.Ip($"link set veth1 netns {elsewhere.Name}");

        Assert.Equal(new(index, false), await watch.NextAsync());
        Assert.Empty(CountingProgram.AttachedByTcx(elsewhere, elsewhere.IndexOf("veth1")));
    }

    [Fact]
    public async Task Renames_and_other_settings_change_nothing()
    {
        int index = _node.AddVeth("veth1", _pod);
        _node.Ip("link add bridge0 type bridge");
        await using RunningPodInterfaces watch = await RunningPodInterfaces.StartAsync(_node, Hook.Tcx);
        Assert.Equal(new(index, true), await watch.NextAsync());

        _node.Batch(
        [
            "link set veth1 name cali1",
            "link set cali1 address ee:ee:ee:ee:ee:ee", // as Calico does
            "link set cali1 master bridge0",
            "link set cali1 up",
            "link set cali1 down",
            "link set cali1 nomaster", // the bridge tells of it by RTM_DELLINK
        ]);
        int marker = _node.AddVeth("marker", _pod, peer: "eth1");

        Assert.Equal(new(marker, true), await watch.NextAsync());
        Assert.Equal(2, watch.Interfaces.State.Attached);
    }

    [Fact]
    public async Task The_bridge_that_a_pod_s_interface_is_a_port_of_leads_to_pods_as_well()
    {
        int index = _node.AddVeth("veth1", _pod);
        _node.Batch(["link add bridge0 type bridge", "link add bridge1 type bridge", "link set veth1 master bridge0"]);
        await using RunningPodInterfaces watch = await RunningPodInterfaces.StartAsync(_node, Hook.Tcx);
        Assert.Equal([index, _node.IndexOf("bridge0")], watch.LeadToPods.Order());
        Assert.Equal(new(index, true), await watch.NextAsync());

        _node.Ip("link set veth1 nomaster");
        int marker = _node.AddVeth("marker", _pod, peer: "eth1");

        Assert.Equal(new(marker, true), await watch.NextAsync());
        Assert.Equal([index, marker], watch.LeadToPods.Order());
    }

    [Theory]
    [InlineData(Hook.Tcx)]
    [InlineData(Hook.Clsact)]
    public async Task An_index_used_again_is_another_interface(Hook mode)
    {
        await using RunningPodInterfaces watch = await RunningPodInterfaces.StartAsync(_node, mode);
        _node.AddVeth("veth1", _pod, "index 77");
        Assert.Equal(new(77, true), await watch.NextAsync());

        _node.Batch(["link del veth1", $"link add veth2 index 77 type veth peer name eth0 netns {_pod.Name}"]);

        Assert.Equal(new(77, false), await watch.NextAsync());
        Assert.Equal(new(77, true), await watch.NextAsync());
        int marker = _node.AddVeth("marker", _pod, peer: "eth1");
        InterfaceChange last = await watch.NextAsync();
        Assert.Equal(new(marker, true), last);
        using UdpTraffic traffic = new(_node, "veth2", _pod, "eth0");
        long before = watch.FromPod.Count;
        traffic.Exchange(5);
        Assert.Equal(5, watch.FromPod.Count - before);
    }

    [Fact]
    public async Task An_index_used_again_between_two_looks_is_another_interface()
    {
        await using RunningPodInterfaces watch = RunningPodInterfaces.Begin(_node, Hook.Tcx, channelSize: 1);
        await watch.Interfaces.Ready;
        _node.AddVeth("veth1", _pod, "index 77");
        int blocker = _node.AddVeth("veth2", _pod, peer: "eth1"); // waits for room in the channel, and the thread with it

        _node.Batch(["link del veth1", $"link add veth3 index 77 type veth peer name eth0 netns {_pod.Name}"]);

        foreach (InterfaceChange expected in (InterfaceChange[])[new(77, true), new(blocker, true), new(77, false), new(77, true)])
            Assert.Equal(expected, await watch.NextAsync());
        Assert.Equal([watch.FromPod.Number, watch.ToPod.Number], CountingProgram.AttachedByTcx(_node, 77));
    }

    [Theory]
    [InlineData("10.9.0.2/24", "default via 10.9.0.1 dev eth0")]
    [InlineData("10.9.0.2/24", "default nexthop via 10.9.0.1 dev eth0 nexthop via 10.9.0.3 dev eth0")]
    [InlineData("fc00:9::2/64", "default via fc00:9::1 dev eth0")]
    public async Task A_veth_with_the_default_route_is_the_node_s_uplink(string address, string route)
    {
        _node.AddVeth("eth0", _pod, peer: "host0");
        _node.Batch([$"address add {address} dev eth0 {(address.Contains(':') ? "nodad" : "")}", "link set eth0 up", $"route add {route}"]);
        int index = _node.AddVeth("veth1", _pod);

        await using RunningPodInterfaces watch = await RunningPodInterfaces.StartAsync(_node, Hook.Tcx);

        Assert.Equal([new(index, true)], watch.Rest());
    }

    [Fact]
    public async Task A_veth_with_the_node_s_address_is_the_node_s_uplink()
    {
        _node.AddVeth("eth0", _pod, peer: "host0");
        _node.Ip("address add 172.18.0.2/16 dev eth0");
        int index = _node.AddVeth("veth1", _pod);

        await using RunningPodInterfaces watch = await RunningPodInterfaces.StartAsync(_node, Hook.Tcx, "172.18.0.2");

        Assert.Equal([new(index, true)], watch.Rest());
    }

    [Fact]
    public async Task The_gateway_s_address_on_every_veth_makes_none_of_them_an_uplink()
    {
        int first = _node.AddVeth("veth1", _pod, peer: "eth0"); // as CNI's ptp plugin does
        int second = _node.AddVeth("veth2", _pod, peer: "eth1");
        _node.Batch(["address add 10.244.0.1/32 dev veth1", "address add 10.244.0.1/32 dev veth2"]);

        await using RunningPodInterfaces watch = await RunningPodInterfaces.StartAsync(_node, Hook.Tcx, "172.18.0.2");

        Assert.Equal([new(first, true), new(second, true)], watch.Rest());
    }

    [Fact]
    public async Task An_uplink_is_left_when_it_gets_its_route_or_address_and_taken_when_it_loses_it()
    {
        int index = _node.AddVeth("eth0", _pod);
        _node.Batch(["address add 10.9.0.2/24 dev eth0", "link set eth0 up"]);
        await using RunningPodInterfaces watch = await RunningPodInterfaces.StartAsync(_node, Hook.Tcx, "172.18.0.2");
        Assert.Equal(new(index, true), await watch.NextAsync());

        _node.Ip("route add default via 10.9.0.1");
        Assert.Equal(new(index, false), await watch.NextAsync());
        _node.Ip("route del default via 10.9.0.1");
        Assert.Equal(new(index, true), await watch.NextAsync());
        _node.Ip("address add 172.18.0.2/16 dev eth0");
        Assert.Equal(new(index, false), await watch.NextAsync());
        _node.Ip("address del 172.18.0.2/16 dev eth0");
        Assert.Equal(new(index, true), await watch.NextAsync());
    }

    [Theory]
    [InlineData(Hook.Tcx)]
    [InlineData(Hook.Clsact)]
    public async Task Fifty_pods_come_and_go_at_once(Hook mode)
    {
        await using RunningPodInterfaces watch = await RunningPodInterfaces.StartAsync(_node, mode);

        _node.Batch(Enumerable.Range(0, 50).Select(i => $"link add veth{i} type veth peer name p{i} netns {_pod.Name}"));
        HashSet<int> attached = [];
        while (attached.Count < 50)
            Assert.True(await watch.NextAsync() is { Attached: true } change && attached.Add(change.Index));
        Assert.Equal(50, watch.Interfaces.State.Attached);

        _pod.Batch(Enumerable.Range(0, 50).Select(i => $"link del p{i}"));
        while (attached.Count > 0)
            Assert.True(await watch.NextAsync() is { Attached: false } change && attached.Remove(change.Index));
        Assert.DoesNotContain(watch.Log, line => line.StartsWith("Warning", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_slow_reader_and_lost_events_end_in_the_same_place()
    {
        await using RunningPodInterfaces watch = RunningPodInterfaces.Begin(_node, Hook.Tcx, channelSize: 1);
        await watch.Interfaces.Ready;
        _node.AddVeth("first0", _pod, peer: "p0");
        _node.AddVeth("first1", _pod, "index 999", peer: "p1");
        _node.AddVeth("first2", _pod, peer: "p2");
        // The channel is full: the thread waits in it, and the kernel queues events until the socket holds no more.
        _node.Batch(Enumerable.Range(0, 10_000).Select(i => $"link set lo mtu {9000 + (i % 2)}"));
        _node.Batch(["link del first1", $"link add again index 999 type veth peer name again netns {_pod.Name}"]);
        int last = _node.AddVeth("last", _pod, peer: "last");

        HashSet<int> attached = [];
        int[] expected = [_node.IndexOf("first0"), _node.IndexOf("first2"), 999, last];
        for (bool noticed = false; !noticed || !attached.SetEquals(expected);)
        {
            InterfaceChange change = await watch.NextAsync();
            Assert.True(change.Attached ? attached.Add(change.Index) : attached.Remove(change.Index));
            noticed |= change == new InterfaceChange(999, false);
        }

        Assert.Contains("Debug: netlink lost messages: reading all interfaces anew", watch.Log);
        Assert.NotEmpty(CountingProgram.AttachedByTcx(_node, 999));
    }

    [Fact]
    public async Task Stopping_works_while_nobody_reads_the_changes()
    {
        int index = _node.AddVeth("veth1", _pod);
        _node.AddVeth("veth2", _pod, peer: "eth1");
        await using RunningPodInterfaces watch = RunningPodInterfaces.Begin(_node, Hook.Tcx, channelSize: 1);

        await watch.StopAsync();

        Assert.Empty(CountingProgram.AttachedByTcx(_node, index));
    }
}
