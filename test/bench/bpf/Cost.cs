using Depmap.Bpf.Tests;

namespace Depmap.Bpf.Bench;

/// <summary>What one program costs over another, in ns per packet.</summary>
internal sealed class Cost(TestRun testRun)
{
    private const int Runs = 5;
    private const int PacketsPerRun = 1_000_000;

    /// <summary>Alternates the two, so that both have the same share of the machine's noise.</summary>
    public (double Base, double Program) Measure(int baseProgram, int program, Packet packet)
    {
        byte[] frame = packet.ToArray();
        testRun.Run(program, frame, repeat: PacketsPerRun / 10);
        List<uint> baseRuns = [], programRuns = [];
        for (int i = 0; i < Runs; i++)
        {
            baseRuns.Add(testRun.Run(baseProgram, frame, repeat: PacketsPerRun).Nanoseconds);
            programRuns.Add(testRun.Run(program, frame, repeat: PacketsPerRun).Nanoseconds);
        }

        return (Median(baseRuns), Median(programRuns));
    }

    private static double Median(List<uint> values) => values.Order().ElementAt(values.Count / 2);
}
