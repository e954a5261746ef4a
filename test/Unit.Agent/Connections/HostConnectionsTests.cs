using System.Net;
using System.Text;
using Depmap.Agent.Connections;
using Depmap.Agent.Records;

namespace Depmap.Agent.Tests.Connections;

public class HostConnectionsTests
{
    private const string Pod = "pod1b4e28ba-2fa1-11d2-883f-0016d3cca427";
    private const string Uid = "1b4e28ba-2fa1-11d2-883f-0016d3cca427";
    private readonly HostConnections _connections = new(capacity: 2);

    [Theory]
    [InlineData(Uid, "0f9ae1", Pod, "burstable", "kubepods")]
    [InlineData(Uid, Pod, "kubepods")]
    [InlineData(Uid, "init.scope", "cri-containerd-0f9a.scope", "kubepods-pod1b4e28ba_2fa1_11d2_883f_0016d3cca427.slice", "kubepods.slice")]
    [InlineData(Uid, "crio-0f9a.scope", "kubelet-kubepods-besteffort-pod1b4e28ba_2fa1_11d2_883f_0016d3cca427.slice")]
    [InlineData("5ac2333d8fe20d7c9d0cdbae24c3bb1d", "0f9a", "pod5ac2333d8fe20d7c9d0cdbae24c3bb1d")]
    [InlineData(null, "kubelet.service", "system.slice", "", "")]
    [InlineData(null, "", "", "", "")]
    [InlineData(null, "libpod-5ac2333d8fe20d7c9d0cdbae24c3bb1d5ac2333d8fe20d7c9d0cdbae24c3bb1d.scope", "machine.slice")]
    [InlineData(null, "tripod1b4e28ba-2fa1-11d2-883f-0016d3cca427")]
    [InlineData(null, "pod1b4e28ba-2fa1-11d2-883f-0016d3cca42", "pod", "podman")]
    [InlineData(null, "pod1b4e28ba/2fa1/11d2/883f/0016d3cca427")]
    public void A_pod_is_identified_by_the_name_of_its_cgroup(string? uid, params string[] cgroups) =>
        Assert.Equal(uid, HostConnections.FindPodUid(Names(cgroups)));

    [Fact]
    public void A_connection_is_reported_with_its_ends_and_its_time()
    {
        _connections.OnConnection(Connection(7, Pod));
        Assert.True(_connections.TryTake(1_000, ends => ends, out V1.HostConnection? reported));
        Assert.Equal((Uid, 40_000u, 443u, 1_005), (reported.PodUid, reported.ClientPort, reported.ServerPort, reported.TimeUnixNs));
        Assert.Equal((byte[])[10, 96, 0, 10], reported.ServerAddress.ToByteArray());
        Assert.Equal(
            (reported.ClientPort, reported.ServerAddress, reported.ServerPort),
            (reported.SocketPort, reported.AskedAddress, reported.AskedPort));
        Assert.False(_connections.HasMore);
    }

    [Fact]
    public void Another_relay_receives_again_what_is_still_open()
    {
        foreach (ulong cgroup in (ulong[])[7, 8])
        {
            _connections.OnConnection(Connection(cgroup, cgroup == 7 ? Pod : Pod.Replace('1', '2')));
            Assert.True(_connections.TryTake(0, ends => ends with { DestinationPort = Port.From(6443) }, out _));
        }

        int asked = 0;
        _connections.Repeat(_ => asked++ == 1);
        Assert.True(_connections.HasMore);
        Assert.True(_connections.TryTake(0, _ => throw new InvalidOperationException(), out V1.HostConnection? repeated));
        Assert.Equal((Uid.Replace('1', '2'), 443u, 6443u), (repeated.PodUid, repeated.AskedPort, repeated.ServerPort));
        Assert.Equal(5, repeated.TimeUnixNs);
        Assert.False(_connections.HasMore);

        _connections.Repeat(_ => true);
        Assert.True(_connections.TryTake(0, ends => ends, out _));
        Assert.False(_connections.HasMore); // the first one is closed
    }

    [Fact]
    public void Connections_of_other_programs_are_not_reported()
    {
        _connections.OnConnection(Connection(8, "kubelet.service"));
        Assert.False(_connections.HasMore);
    }

    [Fact]
    public void A_cgroup_s_name_is_parsed_once_and_two_cgroups_are_two_pods()
    {
        _connections.OnConnection(Connection(7, Pod));
        _connections.OnConnection(Connection(8, Pod.Replace('1', '2')));
        _connections.TryTake(0, ends => ends, out V1.HostConnection? first);
        _connections.TryTake(0, ends => ends, out V1.HostConnection? second);
        long before = GC.GetAllocatedBytesForCurrentThread();
        _connections.OnConnection(Connection(7, Pod));
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.Equal((Uid, Uid.Replace('1', '2')), (first!.PodUid, second!.PodUid));
        Assert.True(_connections.TryTake(0, ends => ends, out V1.HostConnection? again));
        Assert.Same(first.PodUid, again.PodUid);
        Assert.InRange(allocated, 0, 1_000); // for the record of the test
    }

    [Fact]
    public void Connections_beyond_the_capacity_are_counted_as_lost()
    {
        for (int i = 0; i < 5; i++)
            _connections.OnConnection(Connection(7, Pod));
        Assert.Equal(3UL, _connections.Lost);
    }

    private static HostConnectionRecord Connection(ulong cgroup, params string[] names)
    {
        HostConnectionRecord connection = new()
        {
            Kind = RecordKind.HostConnection,
            ClientPort = Port.From(40_000),
            ServerPort = Port.From(443),
            Client = Address.From(IPAddress.Parse("172.30.0.11")),
            Server = Address.From(IPAddress.Parse("10.96.0.10")),
            Time = 5,
            Cgroup = cgroup,
        };
        Names(names).CopyTo(connection.Names);
        return connection;
    }

    private static byte[] Names(params string[] cgroups)
    {
        byte[] names = new byte[HostConnectionRecord.CgroupNames.Levels * HostConnectionRecord.CgroupNames.NameBytes];
        for (int i = 0; i < Math.Min(cgroups.Length, HostConnectionRecord.CgroupNames.Levels); i++)
            Encoding.ASCII.GetBytes(cgroups[i], names.AsSpan(i * HostConnectionRecord.CgroupNames.NameBytes));
        return names;
    }
}
