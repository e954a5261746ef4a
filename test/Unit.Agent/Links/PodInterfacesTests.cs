using Depmap.Agent.Links;
using Depmap.Agent.Records;

namespace Depmap.Agent.Tests.Links;

/// <summary>Which interfaces are found, and when, with the real kernel.</summary>
public sealed class PodInterfacesTests : NodeAndPodTest
{
    [Fact]
    public async Task Interfaces_that_exist_at_the_start_are_attached_before_it_is_ready()
    {
        int first = Node.AddVeth("cali1", Pod, peer: "eth0");
        int second = Node.AddVeth("whatever", Pod, peer: "eth1");
        Node.Ip("link add cilium_host type veth peer name cilium_net");
        Node.Ip("link add bridge0 type bridge");

        await using RunningPodInterfaces watch = await RunningPodInterfaces.StartAsync(Node, Hook.Tcx);

        Assert.Equal([new(first, true), new(second, true)], watch.PendingChanges());
        Assert.Equal(2, watch.Interfaces.State.Attached);
        Assert.Contains("Information: watching 2 pod interfaces by tcx", watch.Log);
    }

    [Theory]
    [InlineData(Hook.Tcx, false)]
    [InlineData(Hook.Clsact, true)]
    public async Task Only_clsact_subscribes_to_traffic_control_events(Hook mode, bool expected)
    {
        await using RunningPodInterfaces watch = await RunningPodInterfaces.StartAsync(Node, mode);

        // The fourth column of /proc/net/netlink is the mask of groups.
        uint[] groups = Node.Run(() => File.ReadLines("/proc/thread-self/net/netlink").Skip(1)
            .Select(line => Convert.ToUInt32(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[3], 16))
            .Where(groups => (groups & Rtnetlink.LinkGroup) != 0).ToArray());

        Assert.Equal(expected, (Assert.Single(groups) & Rtnetlink.TrafficGroup) != 0);
    }

    [Theory]
    [InlineData("")]
    [InlineData("mtu 1400")]
    public async Task An_interface_created_later_is_attached_at_once(string options)
    {
        await using RunningPodInterfaces watch = await RunningPodInterfaces.StartAsync(Node, Hook.Tcx);

        int index = Node.AddVeth("veth1", Pod, options);

        Assert.Equal(new(index, true), await watch.NextAsync());
    }

    [Fact]
    public async Task The_node_s_own_addresses_are_kept_up_to_date()
    {
        Node.AddVeth("veth1", Pod);
        Node.Ip("addr add 10.244.1.1/32 dev veth1");
        await using RunningPodInterfaces watch = await RunningPodInterfaces.StartAsync(Node, Hook.Tcx);
        Assert.True(watch.OwnAddresses.Contains(Of("10.244.1.1")));

        Node.Ip("addr add fd00:10:244::1/64 dev veth1 nodad");
        await Wait.UntilAsync(() => watch.OwnAddresses.Contains(Of("fd00:10:244::1")));
        Node.Ip("addr del 10.244.1.1/32 dev veth1");
        await Wait.UntilAsync(() => !watch.OwnAddresses.Contains(Of("10.244.1.1")));

        static Address Of(string address) => Address.From(System.Net.IPAddress.Parse(address));
    }

    [Fact]
    public async Task An_interface_created_from_the_pod_s_namespace_is_attached_at_once()
    {
        await using RunningPodInterfaces watch = await RunningPodInterfaces.StartAsync(Node, Hook.Tcx);

        Pod.Ip($"link add eth0 type veth peer name veth1 netns {Node.Name}"); // as CNI's bridge plugin does

        Assert.Equal(new(Node.IndexOf("veth1"), true), await watch.NextAsync());
    }

    [Fact]
    public async Task An_interface_is_attached_when_its_peer_moves_into_a_pod_and_detached_when_it_moves_back()
    {
        await using RunningPodInterfaces watch = await RunningPodInterfaces.StartAsync(Node, Hook.Tcx);
        Node.Ip("link add veth1 type veth peer name eth7");
        int index = Node.IndexOf("veth1");

        Node.Ip($"link set eth7 netns {Pod.Name}");
        Assert.Equal(new(index, true), await watch.NextAsync());

        Pod.Ip($"link set eth7 netns {Node.Name}");
        Assert.Equal(new(index, false), await watch.NextAsync());
        Assert.Empty(CountingProgram.AttachedByTcx(Node, index));
    }

    [Fact]
    public async Task An_interface_moved_to_another_namespace_is_detached()
    {
        using NetworkNamespace elsewhere = new();
        int index = Node.AddVeth("veth1", Pod, "index 77");
        await using RunningPodInterfaces watch = await RunningPodInterfaces.StartAsync(Node, Hook.Tcx);
        Assert.Equal(new(index, true), await watch.NextAsync());

        Node.Ip($"link set veth1 netns {elsewhere.Name}");

        Assert.Equal(new(index, false), await watch.NextAsync());
        Assert.Empty(CountingProgram.AttachedByTcx(elsewhere, elsewhere.IndexOf("veth1")));
    }

    [Fact]
    public async Task Renames_and_other_settings_change_nothing()
    {
        int index = Node.AddVeth("veth1", Pod);
        Node.Ip("link add bridge0 type bridge");
        await using RunningPodInterfaces watch = await RunningPodInterfaces.StartAsync(Node, Hook.Tcx);
        Assert.Equal(new(index, true), await watch.NextAsync());

        Node.Batch(
        [
            "link set veth1 name cali1",
            "link set cali1 address ee:ee:ee:ee:ee:ee", // as Calico does
            "link set cali1 master bridge0",
            "link set cali1 up",
            "link set cali1 down",
            "link set cali1 nomaster", // the bridge announces this with RTM_DELLINK
        ]);
        int marker = Node.AddVeth("marker", Pod, peer: "eth1");

        Assert.Equal(new(marker, true), await watch.NextAsync());
        Assert.Equal(2, watch.Interfaces.State.Attached);
    }

    [Fact]
    public async Task The_bridge_of_a_pod_interface_leads_to_pods_as_well()
    {
        int index = Node.AddVeth("veth1", Pod);
        Node.Batch(["link add bridge0 type bridge", "link add bridge1 type bridge", "link set veth1 master bridge0"]);
        await using RunningPodInterfaces watch = await RunningPodInterfaces.StartAsync(Node, Hook.Tcx);
        Assert.Equal([index, Node.IndexOf("bridge0")], watch.PodDevices.Order());
        Assert.Equal(new(index, true), await watch.NextAsync());

        Node.Ip("link set veth1 nomaster");
        int marker = Node.AddVeth("marker", Pod, peer: "eth1");

        Assert.Equal(new(marker, true), await watch.NextAsync());
        Assert.Equal([index, marker], watch.PodDevices.Order());
    }

    [Theory]
    [InlineData(Hook.Tcx)]
    [InlineData(Hook.Clsact)]
    public async Task A_reused_index_is_another_interface(Hook mode)
    {
        await using RunningPodInterfaces watch = await RunningPodInterfaces.StartAsync(Node, mode);
        Node.AddVeth("veth1", Pod, "index 77");
        Assert.Equal(new(77, true), await watch.NextAsync());

        Node.Batch(["link del veth1", $"link add veth2 index 77 type veth peer name eth0 netns {Pod.Name}"]);

        Assert.Equal(new(77, false), await watch.NextAsync());
        Assert.Equal(new(77, true), await watch.NextAsync());
        int marker = Node.AddVeth("marker", Pod, peer: "eth1");
        InterfaceChange last = await watch.NextAsync();
        Assert.Equal(new(marker, true), last);
        using UdpTraffic traffic = new(Node, "veth2", Pod, "eth0");
        long before = watch.FromPod.Count;
        traffic.Exchange(5);
        Assert.Equal(5, watch.FromPod.Count - before);
    }

    [Fact]
    public async Task An_index_reused_between_two_lists_is_another_interface()
    {
        await using RunningPodInterfaces watch = RunningPodInterfaces.Begin(Node, Hook.Tcx, channelSize: 1);
        await watch.Interfaces.Ready;
        Node.AddVeth("veth1", Pod, "index 77");
        int blocker = Node.AddVeth("veth2", Pod, peer: "eth1"); // blocks the thread until there is room in the channel

        Node.Batch(["link del veth1", $"link add veth3 index 77 type veth peer name eth0 netns {Pod.Name}"]);

        foreach (InterfaceChange expected in (InterfaceChange[])[new(77, true), new(blocker, true), new(77, false), new(77, true)])
            Assert.Equal(expected, await watch.NextAsync());
        Assert.Equal([watch.FromPod.Id, watch.ToPod.Id], CountingProgram.AttachedByTcx(Node, 77));
    }

    [Theory]
    [InlineData("10.9.0.2/24", "default via 10.9.0.1 dev eth0")]
    [InlineData("10.9.0.2/24", "default nexthop via 10.9.0.1 dev eth0 nexthop via 10.9.0.3 dev eth0")]
    [InlineData("fc00:9::2/64", "default via fc00:9::1 dev eth0")]
    public async Task A_veth_with_the_default_route_is_the_node_s_uplink(string address, string route)
    {
        Node.AddVeth("eth0", Pod, peer: "host0");
        Node.Batch([$"address add {address} dev eth0 {(address.Contains(':') ? "nodad" : "")}", "link set eth0 up", $"route add {route}"]);
        int index = Node.AddVeth("veth1", Pod);

        await using RunningPodInterfaces watch = await RunningPodInterfaces.StartAsync(Node, Hook.Tcx);

        Assert.Equal([new(index, true)], watch.PendingChanges());
    }

    [Fact]
    public async Task A_veth_with_the_node_s_address_is_the_node_s_uplink()
    {
        Node.AddVeth("eth0", Pod, peer: "host0");
        Node.Ip("address add 172.18.0.2/16 dev eth0");
        int index = Node.AddVeth("veth1", Pod);

        await using RunningPodInterfaces watch = await RunningPodInterfaces.StartAsync(Node, Hook.Tcx, "172.18.0.2");

        Assert.Equal([new(index, true)], watch.PendingChanges());
    }

    [Fact]
    public async Task The_gateway_s_address_on_several_veths_makes_none_of_them_an_uplink()
    {
        int first = Node.AddVeth("veth1", Pod, peer: "eth0"); // as CNI's ptp plugin does
        int second = Node.AddVeth("veth2", Pod, peer: "eth1");
        Node.Batch(["address add 10.244.0.1/32 dev veth1", "address add 10.244.0.1/32 dev veth2"]);

        await using RunningPodInterfaces watch = await RunningPodInterfaces.StartAsync(Node, Hook.Tcx, "172.18.0.2");

        Assert.Equal([new(first, true), new(second, true)], watch.PendingChanges());
    }

    [Fact]
    public async Task An_interface_is_detached_when_it_becomes_an_uplink_and_attached_when_it_no_longer_is()
    {
        int index = Node.AddVeth("eth0", Pod);
        Node.Batch(["address add 10.9.0.2/24 dev eth0", "link set eth0 up"]);
        await using RunningPodInterfaces watch = await RunningPodInterfaces.StartAsync(Node, Hook.Tcx, "172.18.0.2");
        Assert.Equal(new(index, true), await watch.NextAsync());

        Node.Ip("route add default via 10.9.0.1");
        Assert.Equal(new(index, false), await watch.NextAsync());
        Node.Ip("route del default via 10.9.0.1");
        Assert.Equal(new(index, true), await watch.NextAsync());
        Node.Ip("address add 172.18.0.2/16 dev eth0");
        Assert.Equal(new(index, false), await watch.NextAsync());
        Node.Ip("address del 172.18.0.2/16 dev eth0");
        Assert.Equal(new(index, true), await watch.NextAsync());
    }

    [Theory]
    [InlineData(Hook.Tcx)]
    [InlineData(Hook.Clsact)]
    public async Task Fifty_pods_start_and_stop_at_once(Hook mode)
    {
        await using RunningPodInterfaces watch = await RunningPodInterfaces.StartAsync(Node, mode);

        Node.Batch(Enumerable.Range(0, 50).Select(i => $"link add veth{i} type veth peer name p{i} netns {Pod.Name}"));
        HashSet<int> attached = [];
        while (attached.Count < 50)
            Assert.True(await watch.NextAsync() is { Attached: true } change && attached.Add(change.Index));
        Assert.Equal(50, watch.Interfaces.State.Attached);

        Pod.Batch(Enumerable.Range(0, 50).Select(i => $"link del p{i}"));
        while (attached.Count > 0)
            Assert.True(await watch.NextAsync() is { Attached: false } change && attached.Remove(change.Index));
        Assert.DoesNotContain(watch.Log, line => line.StartsWith("Warning", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_slow_reader_and_lost_events_lead_to_the_same_state()
    {
        await using RunningPodInterfaces watch = RunningPodInterfaces.Begin(Node, Hook.Tcx, channelSize: 1);
        await watch.Interfaces.Ready;
        Node.AddVeth("first0", Pod, peer: "p0");
        Node.AddVeth("first1", Pod, "index 999", peer: "p1");
        Node.AddVeth("first2", Pod, peer: "p2");
        // The channel is full: the thread blocks, and the kernel queues events until the socket's buffer is full.
        Node.Batch(Enumerable.Range(0, 10_000).Select(i => $"link set lo mtu {9000 + (i % 2)}"));
        Node.Batch(["link del first1", $"link add again index 999 type veth peer name again netns {Pod.Name}"]);
        int last = Node.AddVeth("last", Pod, peer: "last");

        HashSet<int> attached = [];
        int[] expected = [Node.IndexOf("first0"), Node.IndexOf("first2"), 999, last];
        for (bool noticed = false; !noticed || !attached.SetEquals(expected);)
        {
            InterfaceChange change = await watch.NextAsync();
            Assert.True(change.Attached ? attached.Add(change.Index) : attached.Remove(change.Index));
            noticed |= change == new InterfaceChange(999, false);
        }

        Assert.Contains("Debug: netlink lost messages: listing all interfaces again", watch.Log);
        Assert.NotEmpty(CountingProgram.AttachedByTcx(Node, 999));
    }

    [Fact]
    public async Task Stopping_works_while_nobody_reads_the_changes()
    {
        int index = Node.AddVeth("veth1", Pod);
        Node.AddVeth("veth2", Pod, peer: "eth1");
        await using RunningPodInterfaces watch = RunningPodInterfaces.Begin(Node, Hook.Tcx, channelSize: 1);

        await watch.StopAsync();

        Assert.Empty(CountingProgram.AttachedByTcx(Node, index));
    }
}
