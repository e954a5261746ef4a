using System.Text.RegularExpressions;

namespace Depmap.Kernel.Tests;

/// <summary>Depmap in the kernels of common distributions, emulated.</summary>
public sealed class KernelTests(Guests guests) : IClassFixture<Guests>
{
    /// <summary>BPF, PERFMON and NET_ADMIN; before kernel 5.11 SYS_RESOURCE too.</summary>
    private const string ThreeCapabilities = "CapEff:\t000000c000001000", FourCapabilities = "CapEff:\t000000c001001000";

    public static TheoryData<string> Kernels => [.. Guests.Kernels];

    [Theory]
    [MemberData(nameof(Kernels))]
    public void All_checks_run_in_the_requested_kernel(string kernel)
    {
        Assert.StartsWith(kernel + ".", Assert.Single(guests[kernel].Passed("kernel")));
        Assert.True(guests[kernel].Completed, $"not all checks have run: see {guests[kernel].Log}");
    }

    [Theory]
    [MemberData(nameof(Kernels))]
    public void The_agent_starts_with_its_capabilities_before_or_after_conntrack_is_loaded(string kernel)
    {
        string capabilities = IsAtLeast(kernel, 5, 11) ? ThreeCapabilities : FourCapabilities;
        string attachment = IsAtLeast(kernel, 6, 6) ? "Tcx" : "Clsact";
        string drops = IsAtLeast(kernel, 5, 17) ? "ByReason" : "ByPlace";
        guests[kernel].Passed("without-conntrack");
        foreach (string check in (string[])["starts-without-conntrack", "conntrack-comes-later", "starts-with-conntrack"])
        {
            string[] lines = guests[kernel].Passed(check);
            Assert.Equal(capabilities, lines[0]);
            Assert.Contains(lines, line => line.Contains($"attaching by {attachment}, drops explained {drops}, socket cgroups True"));
            // Warnings about the missing relay are expected, warnings about the kernel or the interfaces are not.
            Assert.DoesNotContain(lines, line => Regex.IsMatch(line, " (warn|error) +(kernel|links):"));
        }
    }

    [Theory]
    [MemberData(nameof(Kernels))]
    public void The_agent_names_a_missing_capability(string kernel)
    {
        if (!IsAtLeast(kernel, 5, 11))
        {
            const string message = "error: kernel 5.10 counts eBPF maps as locked memory, and the limit is 65536 bytes: "
                + "give the agent CAP_SYS_RESOURCE";
            Assert.Contains(
                guests[kernel].Failed("too-few-capabilities"), line => line.StartsWith(message, StringComparison.Ordinal));
        }
    }

    [Theory]
    [MemberData(nameof(Kernels))]
    public void All_packet_tests_pass(string kernel)
    {
        string[] lines = guests[kernel].Passed("packets");
        Match count = Regex.Match(lines[^1], "^([0-9]+) passed, 0 failed$");
        Assert.True(count.Success && int.Parse(count.Groups[1].Value) >= 300, lines[^1]);
    }

    [Theory]
    [MemberData(nameof(Kernels))]
    public void The_lab_shows_the_expected_flows_with_tcx_and_with_clsact(string kernel)
    {
        foreach (string mode in IsAtLeast(kernel, 6, 6) ? (string[])["clsact", "tcx"] : ["clsact"])
            Assert.EndsWith(" as expected, 0 not", guests[kernel].Passed($"cases-{mode}")[^1]);
    }

    [Theory]
    [MemberData(nameof(Kernels))]
    public void Clsact_leaves_other_programs_of_an_interface_in_place(string kernel)
    {
        if (!IsAtLeast(kernel, 6, 6))
            Assert.EndsWith(" passed, 0 failed", guests[kernel].Passed("clsact")[^1]);
    }

    /// <summary>README: | 6.1 | amd64, arm64 | clsact | by reason | …</summary>
    [Theory]
    [MemberData(nameof(Kernels))]
    public void The_README_lists_the_kernel(string kernel)
    {
        string row = Assert.Single(
            File.ReadLines(Installation.File("README.md")), line => line.StartsWith($"| {kernel} |", StringComparison.Ordinal));
        string[] cells = [.. row.Split('|').Select(cell => cell.Trim())];
        Assert.Contains(Guests.Architecture, cells[2].Split(", "));
        Assert.Equal(IsAtLeast(kernel, 6, 6) ? "tcx" : "clsact", cells[3]);
        Assert.Equal(IsAtLeast(kernel, 5, 17) ? "by reason" : "by place", cells[4]);
    }

    private static bool IsAtLeast(string kernel, int major, int minor) => Version.Parse(kernel) >= new Version(major, minor);
}
