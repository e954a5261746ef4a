using System.Diagnostics;
using Depmap.Agent.Links;

namespace Depmap.Agent.Tests.Links;

/// <summary>With clsact, a new interface is left alone until its CNI plugins are done.</summary>
public sealed class SettlingTests : NodeAndPodTest
{
    // The tests must act within the settle time; test/kernels/run sets how slow an emulated machine is.
    private static readonly int Slowness = int.Parse(
        Environment.GetEnvironmentVariable("DEPMAP_EMULATED") ?? "1", System.Globalization.CultureInfo.InvariantCulture);
    private static readonly TimeSpan Settle = TimeSpan.FromSeconds(1) * Slowness;
    private static readonly TimeSpan RealSettle = PodInterfaces.SettleTime * Slowness;

    // Timers may fire a little early, because the clocks have different resolutions.
    private static readonly TimeSpan Tolerance = TimeSpan.FromMilliseconds(20);

    [Fact]
    public async Task A_plugin_can_add_an_ingress_qdisc_to_a_new_interface_and_what_the_pod_sends_is_counted()
    {
        await using RunningPodInterfaces watch = await StartAsync(RealSettle);
        var age = Stopwatch.StartNew();
        int index = await AddNewInterfaceAsync(watch);

        Node.Tc("qdisc add dev veth1 ingress");

        Assert.Equal(new(index, true), await watch.NextAsync());
        Assert.InRange(age.Elapsed, RealSettle - Tolerance, RealSettle * 4);
        using UdpTraffic traffic = new(Node, "veth1", Pod, "eth0");
        long before = watch.FromPod.Count;
        traffic.Exchange(5);
        Assert.Equal((5, 0), (watch.FromPod.Count - before, watch.ToPod.Count));
        Assert.Equal(new AttachmentState(Attached: 1, OneDirection: 1, 0, 0, 0, 0, 0), watch.Interfaces.State);
        Assert.Contains("qdisc ingress ffff:", Node.Tc("qdisc show dev veth1"));
        Assert.Contains(
            $"Warning: cannot observe what veth1 ({index}) receives: "
            + "an ingress qdisc takes the place of clsact; what it sends is observed",
            watch.Log);
    }

    [Fact]
    public async Task A_new_interface_is_left_alone_and_then_attached_in_both_directions()
    {
        await using RunningPodInterfaces watch = await StartAsync(Settle);
        var age = Stopwatch.StartNew();
        int index = await AddNewInterfaceAsync(watch);
        using UdpTraffic traffic = new(Node, "veth1", Pod, "eth0"); // its events do not shorten the settle time
        Node.Tc("qdisc add dev veth1 clsact");

        Assert.Equal(new(index, true), await watch.NextAsync());

        Assert.InRange(age.Elapsed, Settle - Tolerance, Settle * 10);
        (long sent, long received) = (watch.FromPod.Count, watch.ToPod.Count);
        traffic.Exchange(5);
        Assert.Equal((5, 5), (watch.FromPod.Count - sent, watch.ToPod.Count - received));
        Assert.Equal(new AttachmentState(Attached: 1, 0, 0, 0, 0, 0, 0), watch.Interfaces.State);
    }

    [Fact]
    public async Task At_the_start_interfaces_settle_unless_they_have_an_ingress_qdisc()
    {
        int free = Node.AddVeth("free", Pod, peer: "eth0");
        int left = Node.AddVeth("left", Pod, peer: "eth1");
        int theirs = Node.AddVeth("theirs", Pod, peer: "eth2");
        int plugin = Node.AddVeth("plugin", Pod, peer: "eth3");
        Node.Tc("qdisc add dev theirs clsact");
        Node.Tc("qdisc add dev plugin ingress");
        using CountingProgram old = new();
        Assert.NotNull(Node.InClsact(clsact =>
            ClsactAttachment.TryAttach(clsact, left, old.Descriptor, old.Descriptor, out _)));

        await using RunningPodInterfaces watch = RunningPodInterfaces.BeginSettling(Node, Settle);

        foreach (int expected in (int[])[left, theirs, plugin])
            Assert.Equal(new(expected, true), await watch.NextAsync());
        Assert.False(watch.Interfaces.Ready.IsCompleted);
        await watch.UntilAsync(state => state == new AttachmentState(Attached: 3, OneDirection: 1, 0, 0, Waiting: 1, 0, 0));
        Assert.DoesNotContain("clsact", Node.Tc("qdisc show dev free"));
        Assert.DoesNotContain(watch.Log, line => line.Contains("watching"));
        await watch.Interfaces.Ready;
        Assert.Equal([new(free, true)], watch.PendingChanges());
        Assert.Contains("Information: watching 4 pod interfaces by clsact", watch.Log);
        Assert.Contains("handle 0xde9 depmap_from_pod+clsact direct-action", Node.Tc("filter show dev left ingress"));
    }

    [Fact]
    public async Task Removing_a_settling_interface_is_not_an_error_and_its_index_settles_again()
    {
        TimeSpan settle = Settle * 3; // so that a busy machine can remove the interface in time
        await using RunningPodInterfaces watch = await StartAsync(settle);
        Node.AddVeth("veth1", Pod, "index 77");
        await Task.Delay(Settle);
        Node.Ip("link del veth1");
        var age = Stopwatch.StartNew();
        Node.AddVeth("veth2", Pod, "index 77");

        Assert.Equal(new(77, true), await watch.NextAsync());

        Assert.InRange(age.Elapsed, settle - Tolerance, settle * 4);
        Assert.DoesNotContain(watch.Log, line => line.StartsWith("Warning", StringComparison.Ordinal));
        Assert.Empty(watch.PendingChanges());
    }

    [Fact]
    public async Task Removing_a_settling_interface_does_not_delay_readiness()
    {
        Node.AddVeth("veth1", Pod);
        await using RunningPodInterfaces watch = RunningPodInterfaces.BeginSettling(Node, TimeSpan.FromMinutes(1));
        await watch.UntilAsync(state => state.Waiting == 1);

        Node.Ip("link del veth1");

        await watch.Interfaces.Ready.WaitAsync(TimeSpan.FromSeconds(10));
        Assert.Equal(default, watch.Interfaces.State);
    }

    private async Task<RunningPodInterfaces> StartAsync(TimeSpan settle)
    {
        var watch = RunningPodInterfaces.BeginSettling(Node, settle);
        await watch.Interfaces.Ready;
        return watch;
    }

    private async Task<int> AddNewInterfaceAsync(RunningPodInterfaces watch)
    {
        int index = Node.AddVeth("veth1", Pod);
        await watch.UntilAsync(state => state.Waiting == 1);
        return index;
    }
}
