// What a packet costs, in ns over a program that does nothing: median of 5 runs of a million packets. Prints
// "name  measured  bound  ok|MISSED" a line, as test/bench/bench does, and ends with 1 if a bound was missed. As root.
using System.Globalization;
using Depmap.Agent.Kernel;
using Depmap.Bpf.Bench;
using Depmap.Bpf.Tests;
using Microsoft.Win32.SafeHandles;

const double KnownFlowBound = 25, ManyFlowsBound = 60;
const int Payload = 1448;

if (Environment.UserName != "root")
{
    Console.Error.WriteLine("error: the bench loads eBPF programs: run it as root");
    return 1;
}

KernelRequirements.Check();
using BpfPrograms programs = BpfPrograms.Load(slotsPerCpu: 0);
using SafeFileHandle slots = ProgramMaps.Find(programs.FromPod, "flow_slots");
int slotsPerCpu = (int)ProgramMaps.Entries(slots) / LibBpf.PossibleCpus();
using BenchPrograms bench = new(slotsPerCpu);
using TestRun testRun = new();
Cost cost = new(testRun);
bool missed = false;

// The last CPU, so that the first is left for who reads the ring.
KernelCalls.PinTo(Environment.ProcessorCount - 1);
Packet tcp4 = Packet.Ethernet().IPv4("10.0.0.2", "10.0.0.3").Tcp(40000, 80, options: 12).Ack().Payload(Payload);
Packet tcp6 = Packet.Ethernet().IPv6("fd00::2", "fd00::3").Tcp(40000, 80, options: 12).Ack().Payload(Payload);
Packet udp4 = Packet.Ethernet().IPv4("10.0.0.2", "10.0.0.3").Udp(40000, 53).Payload(Payload);
// The machine's own pace, to read the others by: 26 ns where the bounds were set.
Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{"an empty program",-48} {$"{cost.Measure(bench.Empty, bench.Empty, tcp4).Base} ns",12}  {"-",12}  ok"));
Report("packet of a known TCP flow, from pod", KnownFlowBound, bench.Empty, programs.FromPod, tcp4);
Report("packet of a known TCP flow, to pod", KnownFlowBound, bench.Empty, programs.ToPod, tcp4);
Report("packet of a known TCP flow, IPv6", KnownFlowBound, bench.Empty, programs.FromPod, tcp6);
Report("packet of a known UDP flow", KnownFlowBound, bench.Empty, programs.FromPod, udp4);

// Flows that push each other out cost more while the ring has room for their evictions, and most while somebody reads it
// from another CPU at that moment.
using (new RingDrain(bench.Records, TimeSpan.FromMilliseconds(20)))
    Report("packet among 20,000 flows", ManyFlowsBound, bench.RotateOnly, bench.RotateFromPod, tcp4);
Report("  the ring full", null, bench.RotateOnly, bench.RotateFromPod, tcp4);
using (new RingDrain(bench.Records, TimeSpan.Zero))
    Report("  the ring read without a pause", null, bench.RotateOnly, bench.RotateFromPod, tcp4);
return missed ? 1 : 0;

void Report(string name, double? bound, int baseProgram, int program, Packet packet)
{
    (double without, double with) = cost.Measure(baseProgram, program, packet);
    bool right = bound is null || with - without <= bound;
    missed |= !right;
    Console.WriteLine(string.Create(
        CultureInfo.InvariantCulture,
        $"{name,-48} {$"{with - without} ns",12}  {(bound is null ? "-" : $"<= {bound} ns"),12}  {(right ? "ok" : "MISSED")}"));
}
