using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;

namespace Depmap.Lab.Tests;

/// <summary>The objects of an agent in the kernel.</summary>
/// <param name="Programs">The ids of its eBPF programs.</param>
/// <param name="Links">The ids of its eBPF links.</param>
internal sealed partial record KernelObjects(IReadOnlySet<int> Programs, IReadOnlySet<int> Links)
{
    /// <summary>The objects that a running agent holds by file descriptors.</summary>
    public static KernelObjects Of(Cluster lab, string agent)
    {
        HashSet<int> programs = [], links = [];
        foreach (string descriptor in Directory.GetFiles($"/proc/{lab.ProcessOf(agent)}/fdinfo"))
        {
            string info = File.ReadAllText(descriptor);
            // The entry of a link has the id of its program as well.
            if (LinkNumber().Match(info) is { Success: true } link)
                links.Add(int.Parse(link.Groups[1].Value));
            if (ProgramNumber().Match(info) is { Success: true } program)
                programs.Add(int.Parse(program.Groups[1].Value));
        }

        return new KernelObjects(programs, links);
    }

    /// <summary>Waits until the kernel has freed all of them, which it does with a delay.</summary>
    /// <returns>Those that remain, as bpftool lists them.</returns>
    public async Task<string> LeftAsync()
    {
        string left = "";
        await Wait.TryUntilAsync(async () =>
        {
            string all = (await Run.ScriptAsync("bpftool prog; echo; bpftool link")).Succeeded();
            string[] kinds = all.Split("\n\n");
            left = string.Concat(Lines(kinds[0], Programs).Concat(Lines(kinds[^1], Links)));
            return left.Length == 0;
        });
        return left;
    }

    /// <summary>The name that the lab gives the node's end of a pod's interface.</summary>
    public static string InterfaceOf(string pod) =>
        "veth" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(pod)))[..8];

    private static IEnumerable<string> Lines(string listing, IReadOnlySet<int> numbers) =>
        listing.Split('\n').Where(line =>
            ListedNumber().Match(line) is { Success: true } number && numbers.Contains(int.Parse(number.Groups[1].Value)));

    [GeneratedRegex(@"^prog_id:\t(\d+)", RegexOptions.Multiline)]
    private static partial Regex ProgramNumber();

    [GeneratedRegex(@"^link_id:\t(\d+)", RegexOptions.Multiline)]
    private static partial Regex LinkNumber();

    [GeneratedRegex(@"^(\d+): ")]
    private static partial Regex ListedNumber();
}
