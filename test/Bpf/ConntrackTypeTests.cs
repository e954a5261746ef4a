using Depmap.Agent.Kernel;

namespace Depmap.Bpf.Tests;

/// <summary>The offset of a conntrack entry's tuples in the types of the kernel or of its module.</summary>
public sealed class ConntrackTypeTests(DropNetwork network) : IClassFixture<DropNetwork>
{
    [Fact]
    public void The_kernel_s_or_module_s_types_agree_with_the_programs_default()
    {
        _ = network; // its rules load the module
        using KernelTypes kernel = KernelTypes.Load();
        using KernelTypes? module = KernelTypes.LoadWith("nf_conntrack");
        // Built in or a module. Modules have types since 5.11; 5.10 includes this one in the kernel's types.
        int?[] offsets = [kernel.MemberOffset("nf_conn", "tuplehash"), module?.MemberOffset("nf_conn", "tuplehash")];
        Assert.Equal([16], offsets.OfType<int>().Distinct());
    }
}
