using System.Text.RegularExpressions;

namespace Depmap.Kernel.Tests;

/// <summary>Depmap in the kernels that people have, emulated.</summary>
public sealed class KernelTests(Guests guests) : IClassFixture<Guests>
{
    /// <summary>bpf, perfmon, net_admin; before 5.11 sys_resource too.</summary>
    private const string ThreeCapabilities = "CapEff:\t000000c000001000", FourCapabilities = "CapEff:\t000000c001001000";

    public static TheoryData<string> Kernels => [.. Guests.Kernels];

    [Theory]
    [MemberData(nameof(Kernels))]
    public void It_is_the_kernel_that_was_asked_for_and_comes_to_its_end(string kernel)
    {
        Assert.StartsWith(kernel + ".", Assert.Single(guests[kernel].Passed("kernel")));
        Assert.True(guests[kernel].Ended, $"it did not run to its end: see {guests[kernel].Log}");
    }

    [Theory]
    [MemberData(nameof(Kernels))]
    public void The_agent_starts_with_three_capabilities_whether_and_whenever_conntrack_is_loaded(string kernel)
    {
        guests[kernel].Passed("without-conntrack");
        foreach (string check in (string[])["starts-without-conntrack", "conntrack-comes-later", "starts-with-conntrack"])
        {
            string[] lines = guests[kernel].Passed(check);
            Assert.Equal(IsAtLeast(kernel, 5, 11) ? ThreeCapabilities : FourCapabilities, lines[0]);
            Assert.Contains(lines, line => line.Contains($"attaching by {(IsAtLeast(kernel, 6, 6) ? "Tcx" : "Clsact")}, drops explained {(IsAtLeast(kernel, 5, 17) ? "ByReason" : "ByPlace")}, socket cgroups True"));
            // There is no relay; of the kernel and the interfaces there is nothing to warn of.
            Assert.DoesNotContain(lines, line => Regex.IsMatch(line, " (warn|error) +(kernel|links):"));
        }
    }

    [Theory]
    [MemberData(nameof(Kernels))]
    public void Where_three_capabilities_are_too_few_the_agent_says_which_one_it_needs(string kernel)
    {
        if (!IsAtLeast(kernel, 5, 11))
        {
            Assert.Contains(
                guests[kernel].Failed("too-few-capabilities"),
                line => line.StartsWith("error: kernel 5.10 counts eBPF maps as locked memory, and the limit is 65536 bytes: give the agent CAP_SYS_RESOURCE", StringComparison.Ordinal));
        }
    }

    [Theory]
    [MemberData(nameof(Kernels))]
    public void Every_packet_test_passes(string kernel)
    {
        string[] lines = guests[kernel].Passed("packets");
        Match count = Regex.Match(lines[^1], "^([0-9]+) passed, 0 failed$");
        Assert.True(count.Success && int.Parse(count.Groups[1].Value) >= 300, lines[^1]);
    }

    [Theory]
    [MemberData(nameof(Kernels))]
    public void The_lab_shows_what_is_expected_by_each_way_to_attach(string kernel)
    {
        foreach (string mode in IsAtLeast(kernel, 6, 6) ? (string[])["clsact", "tcx"] : ["clsact"])
            Assert.EndsWith(" as expected, 0 not", guests[kernel].Passed($"cases-{mode}")[^1]);
    }

    [Theory]
    [MemberData(nameof(Kernels))]
    public void Where_there_is_no_tcx_other_programs_of_an_interface_are_left_their_place(string kernel)
    {
        if (!IsAtLeast(kernel, 6, 6))
            Assert.EndsWith(" passed, 0 failed", guests[kernel].Passed("clsact")[^1]);
    }

    /// <summary>README: | 6.1 | amd64, arm64 | clsact | by reason | …</summary>
    [Theory]
    [MemberData(nameof(Kernels))]
    public void README_has_the_kernel_in_its_table(string kernel)
    {
        string row = Assert.Single(File.ReadLines(Repository.File("README.md")), line => line.StartsWith($"| {kernel} |", StringComparison.Ordinal));
        string[] cells = [.. row.Split('|').Select(cell => cell.Trim())];
        Assert.Contains(Guests.Architecture, cells[2].Split(", "));
        Assert.Equal(IsAtLeast(kernel, 6, 6) ? "tcx" : "clsact", cells[3]);
        Assert.Equal(IsAtLeast(kernel, 5, 17) ? "by reason" : "by place", cells[4]);
    }

    private static bool IsAtLeast(string kernel, int major, int minor) => Version.Parse(kernel) >= new Version(major, minor);
}
