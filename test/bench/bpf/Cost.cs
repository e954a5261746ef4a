using Depmap.Bpf.Tests;

namespace Depmap.Bpf.Bench;

/// <summary>What programs cost over others, in ns per packet.</summary>
/// <param name="cpus">On which the packets come, in turn.</param>
internal sealed class Cost(TestRun testRun, params int[] cpus)
{
    private const int Rounds = 40;
    private const int PacketsPerRun = 500_000;

    // A machine's noise comes for seconds and only adds: rounds are spread over some, and the quickest tenth counts.
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(250);

    /// <summary>Of each pair what the program takes more than its base. They alternate, so that all have the same noise.</summary>
    public double[] Measure(params (int Base, int Program, Packet Packet)[] pairs)
    {
        (List<uint> Base, List<uint> Program)[] costs = [.. pairs.Select(_ => (new List<uint>(), new List<uint>()))];
        for (int round = 0; round < Rounds; round++)
        {
            KernelCalls.PinTo(cpus[round % cpus.Length]);
            foreach (((int baseProgram, int program, Packet packet), (List<uint> bases, List<uint> programs)) in pairs.Zip(costs))
            {
                byte[] frame = packet.ToArray();
                bases.Add(testRun.Run(baseProgram, frame, repeat: PacketsPerRun).Nanoseconds);
                programs.Add(testRun.Run(program, frame, repeat: PacketsPerRun).Nanoseconds);
            }

            Thread.Sleep(Pause);
        }

        return [.. costs.Select(cost => QuickestTenth(cost.Program) - QuickestTenth(cost.Base))];
    }

    private static double QuickestTenth(List<uint> values) => values.Order().ElementAt(values.Count / 10);
}
