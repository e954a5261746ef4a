using Depmap.Relay.Flows;
using Depmap.Relay.Names;
using Microsoft.Extensions.Logging.Abstractions;

namespace Depmap.Relay.Tests.Names;

public sealed class ObjectsFileTests : IDisposable
{
    private static readonly Address Address = TestCluster.Web.Address;
    private readonly string _folder = Directory.CreateTempSubdirectory().FullName;
    private readonly NameTables _tables = new();
    private readonly ObjectsFile _file;

    public ObjectsFileTests() =>
        _file = new ObjectsFile(Path.Combine(_folder, "objects.json"), _tables, TimeProvider.System, NullLogger<ObjectsFile>.Instance);

    public void Dispose()
    {
        _file.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task An_address_changes_its_owner_when_the_file_was_written()
    {
        await StartWithAsync("before");
        long written = await ReplaceAsync("after", DateTime.UtcNow);

        Assert.InRange(TimeProvider.System.UnixNanoseconds() - written, 1, long.MaxValue); // the time for reading
        Assert.Equal(("before", "after"), (OwnerAt(written - 1), OwnerAt(written)));
    }

    [Theory]
    [InlineData(-3600)]
    [InlineData(3600)]
    public async Task An_address_changes_its_owner_when_the_file_is_read_if_its_time_is_implausible(int seconds)
    {
        await StartWithAsync("before");
        long put = TimeProvider.System.UnixNanoseconds();
        await ReplaceAsync("after", DateTime.UtcNow.AddSeconds(seconds));

        Assert.Equal(("before", "after"), (OwnerAt(put), OwnerAt(TimeProvider.System.UnixNanoseconds())));
    }

    private async Task StartWithAsync(string pod)
    {
        Write(pod, DateTime.UtcNow);
        _file.Load();
        await _file.StartAsync(CancellationToken.None);
        await Task.Delay(50);
    }

    private async Task<long> ReplaceAsync(string pod, DateTime written)
    {
        Write(pod, written);
        await Wait.UntilAsync(() => OwnerAt(TimeProvider.System.UnixNanoseconds()) == pod);
        return (File.GetLastWriteTimeUtc(Path.Combine(_folder, "objects.json")) - DateTime.UnixEpoch).Ticks * 100;
    }

    private void Write(string pod, DateTime written)
    {
        string next = Path.Combine(_folder, "next.json");
        File.WriteAllText(next, $$$"""
            {"items": [
               {"kind": "Pod", "metadata": {"name": "{{{pod}}}"}, "spec": {"nodeName": "n1"}, "status": {"podIP": "{{{Address}}}"}}
            ]}
            """);
        File.SetLastWriteTimeUtc(next, written);
        File.Move(next, Path.Combine(_folder, "objects.json"), overwrite: true);
    }

    private string? OwnerAt(long time) => _tables.Current.Addresses.OwnerAt(Address, time)?.Pod;
}
