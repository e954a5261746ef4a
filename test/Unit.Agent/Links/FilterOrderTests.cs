using System.Globalization;
using Depmap.Agent.Links;

namespace Depmap.Agent.Tests.Links;

public class FilterOrderTests
{
    /// <summary>
    /// Filters are <c>priority:kind:handle</c> in the kernel's order, with <c>ours</c> for our handle, <c>/ip</c> for a filter
    /// for IPv4 only and <c>+n</c> for one in chain n.
    /// </summary>
    [Theory]
    [InlineData("", false, false, false)]
    [InlineData("1:bpf:0 1:bpf:1", false, false, false)]
    [InlineData("1:bpf:0 1:bpf:ours", true, false, false)]
    [InlineData("1:bpf:0 1:bpf:ours 1:bpf:1 2:u32:1", true, false, false)]
    [InlineData("1:bpf:0 1:bpf:1 1:bpf:ours", true, true, true)] // another program's newer filter
    [InlineData("1:u32:0 1:u32:80000000 1:u32:80000800 2:bpf:0 2:bpf:ours", true, true, false)]
    [InlineData("1:u32:0 1:u32:1 2:bpf:0 2:bpf:1 2:bpf:ours", true, true, true)] // second is better than third
    [InlineData("1:bpf/ip:0 1:bpf/ip:1 2:bpf:ours", true, true, false)] // a priority has one EtherType
    [InlineData("1:bpf:0 1:bpf:de9 2:bpf:0 2:bpf:ours", true, true, false)] // another program uses our handle
    [InlineData("2:u32:0 2:u32:1 3:bpf:0 3:bpf:ours", true, true, true)] // the first priority is free now
    [InlineData("1:u32:0 1:u32:1 3:bpf:0 3:bpf:ours", true, true, false)] // the second is free as well, but gains nothing
    [InlineData("1:u32:0 2:bpf:0 2:bpf:ours", true, false, false)] // a heading is not a filter
    [InlineData("1:u32+1:0 1:u32+1:1 2:bpf:0 2:bpf:ours", true, false, false)] // no filter leads to chain 1
    public void Our_filter_is_first_or_preceded_and_moves_up_only_if_it_passes_a_filter(
        string listed, bool present, bool preceded, bool canMoveUp)
    {
        FilterOrder order = new(listed.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(Filter));

        Assert.Equal((present, preceded, canMoveUp), (order.Ours is not null, order.IsPreceded, order.CanMoveUp));
    }

    private static ClsactFilter Filter(string word)
    {
        string[] parts = word.Split(':');
        string[] kind = parts[1].Split('/', '+');
        bool ours = parts[2] == "ours";
        uint handle = ours ? ClsactFilter.OurHandle : uint.Parse(parts[2], NumberStyles.HexNumber, CultureInfo.InvariantCulture);
        uint info = ClsactFilter.InfoOf(uint.Parse(parts[0]));
        if (parts[1].Contains('/'))
            info = (info & 0xFFFF0000) | 0x0008; // ETH_P_IP in network order
        uint chain = parts[1].Contains('+') ? uint.Parse(kind[1]) : 0;
        return new ClsactFilter(handle, info, ours ? ClsactFilter.FromPodName : "somebody_else", kind[0], chain);
    }
}
