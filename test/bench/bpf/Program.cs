// Measures the cost of a packet, in ns over an empty program: the fastest tenth of 40 runs of half a million packets, over
// seconds. Prints "name  measured  bound  ok|MISSED" lines like test/bench/bench and exits with 1 if a bound was missed. Run
// as root.
using Depmap.Agent.Kernel;
using Depmap.Bench;
using Depmap.Bpf.Bench;
using Depmap.Bpf.Tests;
using Microsoft.Win32.SafeHandles;

const double KnownFlowBound = 25, ManyFlowsBound = 60;
const int Payload = 1448;

if (Environment.UserName != "root")
{
    Console.Error.WriteLine("error: the benchmark loads eBPF programs: run it as root");
    return 1;
}

KernelRequirements.Check();
using BpfPrograms programs = BpfPrograms.Load(slotsPerCpu: 0);
using SafeFileHandle slots = ProgramMaps.Find(programs.FromPod, "flow_slots");
int slotsPerCpu = (int)ProgramMaps.Entries(slots) / LibBpf.PossibleCpus();
using BenchPrograms bench = new(slotsPerCpu);
using TestRun testRun = new();
Cost cost = new(testRun, [.. Enumerable.Range(0, Environment.ProcessorCount)]);
// The last CPU, so that the first is free for the reader of the ring.
Cost beside = new(testRun, Environment.ProcessorCount - 1);
Figures figures = new();

Packet tcp4 = Packet.Ethernet().IPv4("10.0.0.2", "10.0.0.3").Tcp(40000, 80, options: 12).Ack().Payload(Payload);
Packet tcp6 = Packet.Ethernet().IPv6("fd00::2", "fd00::3").Tcp(40000, 80, options: 12).Ack().Payload(Payload);
Packet udp4 = Packet.Ethernet().IPv4("10.0.0.2", "10.0.0.3").Udp(40000, 53).Payload(Payload);
(string Name, double? Bound, int Program, Packet Packet)[] known =
[
    ("packet of a known TCP flow, from pod", KnownFlowBound, programs.FromPod, tcp4),
    ("packet of a known TCP flow, to pod", KnownFlowBound, programs.ToPod, tcp4),
    ("packet of a known TCP flow, IPv6", KnownFlowBound, programs.FromPod, tcp6),
    ("packet of a known UDP flow", KnownFlowBound, programs.FromPod, udp4),
];
double[] costs = cost.Measure([.. known.Select(figure => (bench.Empty, figure.Program, figure.Packet))]);
foreach (((string name, double? bound, _, _), double measured) in known.Zip(costs))
    figures.Report(name, measured, "ns", bound);

// Flows that evict each other cost more while the ring has room for their evictions, and most while another CPU reads it at
// the same time.
(int, int, Packet) rotating = (bench.RotateOnly, bench.RotateFromPod, tcp4);
using (new RingDrain(bench.Records, TimeSpan.FromMilliseconds(20)))
    figures.Report("packet among 20,000 flows", beside.Measure(rotating)[0], "ns", ManyFlowsBound);
figures.Report("  the ring full", beside.Measure(rotating)[0], "ns");
using (new RingDrain(bench.Records, TimeSpan.Zero))
    figures.Report("  the ring read without a pause", beside.Measure(rotating)[0], "ns");
return figures.Missed ? 1 : 0;
