using System.Reflection;
using System.Runtime.InteropServices;
using Depmap.Agent.Connections;
using Depmap.Agent.Kernel;
using Depmap.Agent.Records;

namespace Depmap.Bpf.Tests;

/// <summary>bpf/records.h and agent/Records/ declare the same layouts.</summary>
public sealed class LayoutTests
{
    private static readonly ObjectFile Object = ObjectFile.Embedded();

    /// <summary>Fields whose C# name differs from the C name in Pascal case.</summary>
    private static readonly Dictionary<string, string> Renamed = new()
    {
        ["pod_address[0]"] = "Pod",
        ["peer_address[0]"] = "Peer",
        ["ifindex"] = "Interface",
        ["flags[0]"] = "FlagsFromPod",
        ["flags[1]"] = "FlagsToPod",
        ["bytes[0]"] = "BytesFromPod",
        ["bytes[1]"] = "BytesToPod",
        ["packets[0]"] = "PacketsFromPod",
        ["packets[1]"] = "PacketsToPod",
        ["lost[0]"] = "LostMoments",
        ["lost[1]"] = "LostEvictions",
        ["lost[2]"] = "LostDrops",
        ["lost[3]"] = "LostAnswers",
        ["lost[4]"] = "LostHostConnections",
        ["client_address[0]"] = "Client",
        ["server_address[0]"] = "Server",
        ["names[0]"] = "Names",
        ["message[0]"] = "Message",
    };

    [Theory]
    [InlineData("flow_key", typeof(FlowKey))]
    [InlineData("flow_slot", typeof(FlowSlot))]
    [InlineData("moment", typeof(Moment))]
    [InlineData("eviction", typeof(Eviction))]
    [InlineData("drop", typeof(Drop))]
    [InlineData("answer", typeof(DnsAnswer))]
    [InlineData("host_connection", typeof(HostConnectionRecord))]
    [InlineData("counters", typeof(Counters))]
    public void A_record_has_the_same_fields_at_the_same_offsets(string name, Type mirror)
    {
        (int size, IReadOnlyList<ObjectFile.Field> fields) = Object.Struct(name);

        // The second half of an address and further elements of arrays belong to the field of the first element.
        string[] inC = [.. fields
            .Where(field => Renamed.ContainsKey(field.Name)
                || !field.Name.Contains('[')
                || field.Name.EndsWith("[0]", StringComparison.Ordinal))
            .Select(field => $"{field.Offset} {MirrorName(field.Name)}")];
        string[] inAgent = [.. mirror.GetFields(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic)
            .Select(field => $"{Marshal.OffsetOf(mirror, field.Name)} {PropertyName(field.Name)}")];

        Assert.Equal(inC, inAgent);
        Assert.Equal(size, Marshal.SizeOf(mirror));
    }

    [Fact]
    public void An_address_is_16_bytes_and_a_port_2()
    {
        Assert.Equal((16, 2), (Marshal.SizeOf<Address>(), Marshal.SizeOf<Port>()));
    }

    [Theory]
    [InlineData("direction", "", typeof(Direction))]
    [InlineData("flow_flags", "FLAG_", typeof(FlowFlags))]
    [InlineData("record_kind", "RECORD_", typeof(RecordKind))]
    public void Enums_have_the_same_values(string name, string prefix, Type mirror)
    {
        IReadOnlyDictionary<string, int> inC = Object.Enum(name);
        foreach (string member in Enum.GetNames(mirror).Where(member => member != "None"))
        {
            string nameInC = prefix + string.Concat(
                member.Select((c, i) => i > 0 && char.IsUpper(c) ? "_" + c : char.ToUpperInvariant(c).ToString()));
            Assert.Equal(inC[nameInC], Convert.ToInt32(Enum.Parse(mirror, member)));
        }
    }

    [Fact]
    public void The_UDP_idle_timeout_is_the_same() =>
        Assert.Equal(Timing.UdpIdleTimeout, Object.Enum("timing")["UDP_IDLE_SECONDS"] * Timing.Second);

    [Fact]
    public void Constants_are_in_the_order_that_the_agent_expects()
    {
        (string Name, int Offset, int Size)[] constants = [.. Object.Symbols()
            .Where(symbol => symbol.Section == ".rodata" && symbol.Size > 0)
            .OrderBy(symbol => symbol.Offset)
            .Take(3)
            .Select(symbol => (symbol.Name, symbol.Offset, symbol.Size))];

        Assert.Equal([("slots_per_cpu", 0, 4), ("node_netns", 4, 4), ("reason_kinds", 8, 256)], constants);
        Assert.Equal(4, (int)Marshal.OffsetOf<BpfPrograms.ReadOnlyData>("NodeNetns"));
        Assert.Equal(8, (int)Marshal.OffsetOf<BpfPrograms.ReadOnlyData>("ReasonKinds"));
        Assert.Equal(264, Marshal.SizeOf<BpfPrograms.ReadOnlyData>());
    }

    private static string MirrorName(string name) => Renamed.TryGetValue(name, out string? renamed)
        ? renamed
        : string.Concat(name.Replace("[0]", "").Split('_').Select(word => char.ToUpperInvariant(word[0]) + word[1..]));

    /// <summary>The name of a field, or of the property that a backing field of a record struct belongs to.</summary>
    private static string PropertyName(string field)
    {
        string name = field.TrimStart('<', '_').Split('>')[0];
        return char.ToUpperInvariant(name[0]) + name[1..];
    }
}
