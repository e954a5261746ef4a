using Depmap.Bpf.Tests;

namespace Depmap.Bpf.Bench;

/// <summary>Measures the cost of programs relative to others, in ns per packet.</summary>
/// <param name="cpus">The CPUs to run on, in turn.</param>
internal sealed class Cost(TestRun testRun, params int[] cpus)
{
    private const int Rounds = 40;
    private const int PacketsPerRun = 500_000;

    // Noise lasts for seconds and only adds time: the rounds are spread out, and the fastest tenth counts.
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(250);

    /// <summary>The additional time of each program over its base. They alternate, so that the noise is the same for all.</summary>
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

        return [.. costs.Select(cost => FastestTenth(cost.Program) - FastestTenth(cost.Base))];
    }

    private static double FastestTenth(List<uint> values) => values.Order().ElementAt(values.Count / 10);
}
