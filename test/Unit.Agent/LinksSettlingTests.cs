using System.Diagnostics;
using Depmap.Agent.Links;

namespace Depmap.Agent.Tests;

/// <summary>By clsact, a new interface is left alone until its CNI plugins are done with it.</summary>
public sealed class LinksSettlingTests : IDisposable
{
    // What a test does meanwhile has to be done by then; test/kernels/run says how slow an emulated machine is.
    private static readonly int slowness = int.Parse(
        Environment.GetEnvironmentVariable("DEPMAP_EMULATED") ?? "1", System.Globalization.CultureInfo.InvariantCulture);
    private static readonly TimeSpan settle = TimeSpan.FromSeconds(1) * slowness;
    private static readonly TimeSpan realSettle = PodInterfaces.SettleTime * slowness;

    // Timers may be read a little early, by clocks of different steps.
    private static readonly TimeSpan nearly = TimeSpan.FromMilliseconds(20);

    private readonly LinksNamespace node = new();
    private readonly LinksNamespace pod = new();

    public void Dispose()
    {
        node.Dispose();
        pod.Dispose();
    }

    [Fact]
    public async Task A_plugin_s_ingress_qdisc_right_after_the_interface_succeeds_and_what_the_pod_sends_is_counted()
    {
        await using LinksWatch watch = LinksWatch.BeginSettling(node, realSettle);
        await watch.Interfaces.Ready;
        var age = Stopwatch.StartNew();
        int index = node.AddVeth("veth1", pod);
        await watch.UntilAsync(state => state.Waiting == 1);

        node.Tc("qdisc add dev veth1 ingress");

        Assert.Equal(new(index, true), await watch.NextAsync());
        Assert.InRange(age.Elapsed, realSettle - nearly, realSettle * 2);
        using LinksTraffic traffic = new(node, "veth1", pod, "eth0");
        long before = watch.FromPod.Count;
        traffic.Exchange(5);
        Assert.Equal((5, 0), (watch.FromPod.Count - before, watch.ToPod.Count));
        Assert.Equal(new AttachmentState(Attached: 1, OneDirection: 1, 0, 0, 0, 0, 0), watch.Interfaces.State);
        Assert.Contains("qdisc ingress ffff:", node.Tc("qdisc show dev veth1"));
        Assert.Contains(
            $"Warning: cannot observe what veth1 ({index}) receives: "
            + "an ingress qdisc stands where clsact would; what it sends is observed",
            watch.Log);
    }

    [Fact]
    public async Task A_young_interface_is_left_alone_and_then_attached_both_ways()
    {
        await using LinksWatch watch = LinksWatch.BeginSettling(node, settle);
        await watch.Interfaces.Ready;
        var age = Stopwatch.StartNew();
        int index = node.AddVeth("veth1", pod);
        await watch.UntilAsync(state => state.Waiting == 1);
        using LinksTraffic traffic = new(node, "veth1", pod, "eth0"); // its events on the interface do not hurry anything
        node.Tc("qdisc add dev veth1 clsact");

        Assert.Equal(new(index, true), await watch.NextAsync());

        Assert.InRange(age.Elapsed, settle - nearly, settle * 4);
        (long sent, long received) = (watch.FromPod.Count, watch.ToPod.Count);
        traffic.Exchange(5);
        Assert.Equal((5, 5), (watch.FromPod.Count - sent, watch.ToPod.Count - received));
        Assert.Equal(new AttachmentState(Attached: 1, 0, 0, 0, 0, 0, 0), watch.Interfaces.State);
    }

    [Fact]
    public async Task At_the_start_interfaces_wait_unless_something_stands_in_the_place_already()
    {
        int free = node.AddVeth("free", pod, peer: "eth0");
        int left = node.AddVeth("left", pod, peer: "eth1");
        int theirs = node.AddVeth("theirs", pod, peer: "eth2");
        int plugin = node.AddVeth("plugin", pod, peer: "eth3");
        node.Tc("qdisc add dev theirs clsact");
        node.Tc("qdisc add dev plugin ingress");
        using LinksProgram old = new();
        Assert.NotNull(node.InClsact(clsact =>
            ClsactAttachment.TryAttach(clsact, left, old.Descriptor, old.Descriptor, out _)));

        await using LinksWatch watch = LinksWatch.BeginSettling(node, settle);

        foreach (int expected in (int[])[left, theirs, plugin])
            Assert.Equal(new(expected, true), await watch.NextAsync());
        Assert.False(watch.Interfaces.Ready.IsCompleted);
        await watch.UntilAsync(state => state == new AttachmentState(Attached: 3, OneDirection: 1, 0, 0, Waiting: 1, 0, 0));
        Assert.DoesNotContain("clsact", node.Tc("qdisc show dev free"));
        Assert.DoesNotContain(watch.Log, line => line.Contains("watching"));
        await watch.Interfaces.Ready;
        Assert.Equal([new(free, true)], watch.Rest());
        Assert.Contains("Information: watching 4 pod interfaces by clsact", watch.Log);
        Assert.Contains("handle 0xde9 depmap_from_pod+clsact direct-action", node.Tc("filter show dev left ingress"));
    }

    [Fact]
    public async Task An_interface_that_goes_while_it_waits_is_no_error_and_its_index_starts_a_new_age()
    {
        await using LinksWatch watch = LinksWatch.BeginSettling(node, settle);
        await watch.Interfaces.Ready;
        node.AddVeth("veth1", pod, "index 77");
        await Task.Delay(settle / 2);
        node.Ip("link del veth1");
        var age = Stopwatch.StartNew();
        node.AddVeth("veth2", pod, "index 77");

        Assert.Equal(new(77, true), await watch.NextAsync());

        Assert.InRange(age.Elapsed, settle - nearly, settle * 4);
        Assert.DoesNotContain(watch.Log, line => line.StartsWith("Warning", StringComparison.Ordinal));
        Assert.Empty(watch.Rest());
    }

    [Fact]
    public async Task An_interface_that_goes_while_the_start_waits_for_it_does_not_hold_it_up()
    {
        node.AddVeth("veth1", pod);
        await using LinksWatch watch = LinksWatch.BeginSettling(node, TimeSpan.FromMinutes(1));
        await watch.UntilAsync(state => state.Waiting == 1);

        node.Ip("link del veth1");

        await watch.Interfaces.Ready.WaitAsync(TimeSpan.FromSeconds(10));
        Assert.Equal(default, watch.Interfaces.State);
    }
}
