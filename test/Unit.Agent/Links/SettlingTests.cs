using System.Diagnostics;
using Depmap.Agent.Links;

namespace Depmap.Agent.Tests.Links;

/// <summary>By clsact, a new interface is left alone until its CNI plugins are done with it.</summary>
public sealed class SettlingTests : IDisposable
{
    // What a test does meanwhile has to be done by then; test/kernels/run says how slow an emulated machine is.
    private static readonly int Slowness = int.Parse(
        Environment.GetEnvironmentVariable("DEPMAP_EMULATED") ?? "1", System.Globalization.CultureInfo.InvariantCulture);
    private static readonly TimeSpan Settle = TimeSpan.FromSeconds(1) * Slowness;
    private static readonly TimeSpan RealSettle = PodInterfaces.SettleTime * Slowness;

    // Timers may be read a little early, by clocks of different steps.
    private static readonly TimeSpan Nearly = TimeSpan.FromMilliseconds(20);

    private readonly LinksNamespace _node = new();
    private readonly LinksNamespace _pod = new();

    public void Dispose()
    {
        _node.Dispose();
        _pod.Dispose();
    }

    [Fact]
    public async Task A_plugin_s_ingress_qdisc_right_after_the_interface_succeeds_and_what_the_pod_sends_is_counted()
    {
        await using RunningPodInterfaces watch = RunningPodInterfaces.BeginSettling(_node, RealSettle);
        await watch.Interfaces.Ready;
        var age = Stopwatch.StartNew();
        int index = _node.AddVeth("veth1", _pod);
        await watch.UntilAsync(state => state.Waiting == 1);

        _node.Tc("qdisc add dev veth1 ingress");

        Assert.Equal(new(index, true), await watch.NextAsync());
        Assert.InRange(age.Elapsed, RealSettle - Nearly, RealSettle * 2);
        using UdpTraffic traffic = new(_node, "veth1", _pod, "eth0");
        long before = watch.FromPod.Count;
        traffic.Exchange(5);
        Assert.Equal((5, 0), (watch.FromPod.Count - before, watch.ToPod.Count));
        Assert.Equal(new AttachmentState(Attached: 1, OneDirection: 1, 0, 0, 0, 0, 0), watch.Interfaces.State);
        Assert.Contains("qdisc ingress ffff:", _node.Tc("qdisc show dev veth1"));
        Assert.Contains(
            $"Warning: cannot observe what veth1 ({index}) receives: "
            + "an ingress qdisc stands where clsact would; what it sends is observed",
            watch.Log);
    }

    [Fact]
    public async Task A_young_interface_is_left_alone_and_then_attached_both_ways()
    {
        await using RunningPodInterfaces watch = RunningPodInterfaces.BeginSettling(_node, Settle);
        await watch.Interfaces.Ready;
        var age = Stopwatch.StartNew();
        int index = _node.AddVeth("veth1", _pod);
        await watch.UntilAsync(state => state.Waiting == 1);
        using UdpTraffic traffic = new(_node, "veth1", _pod, "eth0"); // its events on the interface do not hurry anything
        _node.Tc("qdisc add dev veth1 clsact");

        Assert.Equal(new(index, true), await watch.NextAsync());

        Assert.InRange(age.Elapsed, Settle - Nearly, Settle * 4);
        (long sent, long received) = (watch.FromPod.Count, watch.ToPod.Count);
        traffic.Exchange(5);
        Assert.Equal((5, 5), (watch.FromPod.Count - sent, watch.ToPod.Count - received));
        Assert.Equal(new AttachmentState(Attached: 1, 0, 0, 0, 0, 0, 0), watch.Interfaces.State);
    }

    [Fact]
    public async Task At_the_start_interfaces_wait_unless_something_stands_in_the_place_already()
    {
        int free = _node.AddVeth("free", _pod, peer: "eth0");
        int left = _node.AddVeth("left", _pod, peer: "eth1");
        int theirs = _node.AddVeth("theirs", _pod, peer: "eth2");
        int plugin = _node.AddVeth("plugin", _pod, peer: "eth3");
        _node.Tc("qdisc add dev theirs clsact");
        _node.Tc("qdisc add dev plugin ingress");
        using CountingProgram old = new();
        Assert.NotNull(_node.InClsact(clsact =>
            ClsactAttachment.TryAttach(clsact, left, old.Descriptor, old.Descriptor, out _)));

        await using RunningPodInterfaces watch = RunningPodInterfaces.BeginSettling(_node, Settle);

        foreach (int expected in (int[])[left, theirs, plugin])
            Assert.Equal(new(expected, true), await watch.NextAsync());
        Assert.False(watch.Interfaces.Ready.IsCompleted);
        await watch.UntilAsync(state => state == new AttachmentState(Attached: 3, OneDirection: 1, 0, 0, Waiting: 1, 0, 0));
        Assert.DoesNotContain("clsact", _node.Tc("qdisc show dev free"));
        Assert.DoesNotContain(watch.Log, line => line.Contains("watching"));
        await watch.Interfaces.Ready;
        Assert.Equal([new(free, true)], watch.Rest());
        Assert.Contains("Information: watching 4 pod interfaces by clsact", watch.Log);
        Assert.Contains("handle 0xde9 depmap_from_pod+clsact direct-action", _node.Tc("filter show dev left ingress"));
    }

    [Fact]
    public async Task An_interface_that_goes_while_it_waits_is_no_error_and_its_index_starts_a_new_age()
    {
        await using RunningPodInterfaces watch = RunningPodInterfaces.BeginSettling(_node, Settle);
        await watch.Interfaces.Ready;
        _node.AddVeth("veth1", _pod, "index 77");
        await Task.Delay(Settle / 2);
        _node.Ip("link del veth1");
        var age = Stopwatch.StartNew();
        _node.AddVeth("veth2", _pod, "index 77");

        Assert.Equal(new(77, true), await watch.NextAsync());

        Assert.InRange(age.Elapsed, Settle - Nearly, Settle * 4);
        Assert.DoesNotContain(watch.Log, line => line.StartsWith("Warning", StringComparison.Ordinal));
        Assert.Empty(watch.Rest());
    }

    [Fact]
    public async Task An_interface_that_goes_while_the_start_waits_for_it_does_not_hold_it_up()
    {
        _node.AddVeth("veth1", _pod);
        await using RunningPodInterfaces watch = RunningPodInterfaces.BeginSettling(_node, TimeSpan.FromMinutes(1));
        await watch.UntilAsync(state => state.Waiting == 1);

        _node.Ip("link del veth1");

        await watch.Interfaces.Ready.WaitAsync(TimeSpan.FromSeconds(10));
        Assert.Equal(default, watch.Interfaces.State);
    }
}
