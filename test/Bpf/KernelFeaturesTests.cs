using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Depmap.Agent.Kernel;
using Depmap.Agent.Records;

namespace Depmap.Bpf.Tests;

/// <summary>Optional kernel features, as expected of the running kernel.</summary>
public sealed class KernelFeaturesTests
{
    [Fact]
    public void Features_match_the_kernel_s_version()
    {
        using BpfPrograms programs = LoadedPrograms.Load(slotsPerCpu: 1024);
        KernelFeatureSet expected = new(
            HasTcx: RunningKernel.IsAtLeast(6, 6),
            RunningKernel.IsAtLeast(5, 17) ? DropReasonSource.ByReason : DropReasonSource.ByPlace,
            HasSocketCgroups: true,
            HasConnectionRequests: RunningKernel.TracesFunctions);
        Assert.Equal(expected, programs.Features);
    }

    /// <summary>Otherwise the loopback's packets would become flows of a pod.</summary>
    [Fact]
    public void Probing_attaches_nothing_to_the_loopback()
    {
        using NetworkNamespace node = new();
        node.Run(() =>
        {
            using KernelTypes types = KernelTypes.Load();
            using BpfPrograms programs = LoadedPrograms.Load(slotsPerCpu: 1024);
            using UdpClient receiver = new(new IPEndPoint(IPAddress.Loopback, 0)), sender = new();
            for (int i = 0; i < 20; i++)
            {
                KernelFeatureSet.Probe(types, DropReasonSource.None);
                sender.Send([1], (IPEndPoint)receiver.Client.LocalEndPoint!);
            }

            int seen = 0;
            programs.Records.Drain(_ => seen++);
            programs.Cache.Scan(Stopwatch.GetTimestamp(), drained: true, (in FlowGrowth _) => seen++);
            Assert.Equal(0, seen);
        });
    }

    [Theory]
    [InlineData("nf_hook_slow", "NETFILTER_DROP", false)]
    [InlineData("tcp_v4_rcv", "NO_SOCKET", false)]
    [InlineData("ip_rcv_finish_core", "ip_rcv_finish_core", false)]
    [InlineData("skb_queue_purge", "NOT_SPECIFIED", true)]
    [InlineData("", "NOT_SPECIFIED", true)]
    public void A_function_stands_for_a_reason_or_for_an_ordinary_free(string function, string reason, bool isOrdinary)
    {
        DropReasons reasons = DropPlaces.Reasons();
        uint number = DropPlaces.ReasonOf(function);
        Assert.Equal((reason, isOrdinary), (reasons.Name(number), reasons.IsOrdinary(number)));
    }

    [Theory]
    [InlineData(0xffffffff81a2b3c4, "nf_hook_slow")]
    [InlineData(0xffffffffc0123456, "nft_do_chain")]
    [InlineData(0xffffffff81a00000, "tcp_v4_rcv")]
    [InlineData(0x1, "")]
    public void A_place_is_resolved_by_the_line_with_its_address(ulong place, string function) => Assert.Equal(
        function, PlaceNames.Find("""
        ffffffff81a2b3c4 nf_hook_slow+0x9e/0xc0
        ffffffffc0123456 nft_do_chain+0x1/0x2 [nf_tables]
        ffffffff81a00000 tcp_v4_rcv.cold+0x9e/0xc0

        nonsense
        """, place));

    [Fact]
    public void A_module_that_is_not_loaded_has_no_types() => Assert.Null(KernelTypes.LoadWith("no_such_module"));
}
