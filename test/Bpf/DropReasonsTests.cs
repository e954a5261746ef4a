using Depmap.Agent.Kernel;
using Depmap.Agent.Records;
using Depmap.V1;

namespace Depmap.Bpf.Tests;

public sealed class DropReasonsTests
{
    private static readonly DropReasons Some = DropReasons.Of(
        (2, "NOT_SPECIFIED"), (3, "NO_SOCKET"), (8, "NETFILTER_DROP"), (20, "NEIGH_FAILED"), (30, "TCP_OLD_DATA"), (40, "NEW_IN_7_0"),
        (50, "PKT_TOO_BIG"));

    [Theory]
    [InlineData(8, "NETFILTER_DROP", DropReason.Policy)]
    [InlineData(3, "NO_SOCKET", DropReason.Unreachable)]
    [InlineData(20, "NEIGH_FAILED", DropReason.Unreachable)]
    [InlineData(40, "NEW_IN_7_0", DropReason.Kernel)]
    [InlineData(99, "REASON_99", DropReason.Kernel)]
    public void A_number_has_the_kernel_s_name_and_a_meaning(uint number, string name, DropReason meaning)
    {
        Assert.Equal(name, Some.Name(number));
        Assert.Equal(meaning, Some.Meaning(number));
    }

    [Fact]
    public void Each_reason_has_a_kind()
    {
        byte[] kinds = new byte[256];
        Some.WriteKinds(kinds);
        Assert.Equal([2, 30], Enumerable.Range(0, 256).Where(number => kinds[number] == 1));
        // Of a segment of an established connection, which TCP repeats: these drop it each time.
        Assert.Equal([8, 20, 50], Enumerable.Range(0, 256).Where(number => kinds[number] == 2));
    }

    [Fact]
    public void A_number_beyond_the_table_has_no_kind()
    {
        byte[] kinds = new byte[8];
        DropReasons.Of((300, "QUEUE_PURGE"), (7, "QUEUE_PURGE")).WriteKinds(kinds);
        Assert.Equal([0, 0, 0, 0, 0, 0, 0, 1], kinds);
    }

    [Fact]
    public void A_kernel_without_reasons_is_recognized()
    {
        DropReasons none = DropReasons.Of();
        Assert.False(none.Any);
        Assert.Equal(("UNKNOWN", DropReason.Kernel), (none.Name(0), none.Meaning(0)));
    }

    [Fact]
    public void This_kernel_s_reasons_come_from_its_types()
    {
        using KernelTypes types = KernelTypes.Load();
        DropReasons reasons = types.ReadDropReasons();

        Assert.Equal(RunningKernel.IsAtLeast(5, 17), reasons.Any);
        if (!reasons.Any)
            return;
        string[] names = [.. Enumerable.Range(0, 256).Select(number => reasons.Name((uint)number))];
        Assert.Contains("NETFILTER_DROP", names);
        Assert.Contains("NO_SOCKET", names);
        Assert.Contains("NOT_SPECIFIED", names);
    }
}
