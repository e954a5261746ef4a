using Depmap.Agent.Kernel;

namespace Depmap.Bpf.Tests;

/// <summary>Where a connection tracking entry has its ends, as the types of the kernel or of its module say.</summary>
public sealed class ConntrackTypeTests(DropNetwork network) : IClassFixture<DropNetwork>
{
    [Fact]
    public void The_kernel_or_the_module_that_it_loaded_agrees_with_what_the_programs_take_for_granted()
    {
        _ = network; // its rules load the module
        using KernelTypes kernel = KernelTypes.Load();
        using KernelTypes? module = KernelTypes.LoadWith("nf_conntrack");
        // Built in, or a module; modules have types since 5.11, and 5.10 has this one among its own.
        int?[] offsets = [kernel.MemberOffset("nf_conn", "tuplehash"), module?.MemberOffset("nf_conn", "tuplehash")];
        Assert.Equal([16], offsets.OfType<int>().Distinct());
    }
}
