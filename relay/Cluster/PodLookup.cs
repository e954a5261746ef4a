using System.Text.Json;
using System.Threading.Channels;
using Depmap.Relay.Flows;
using Depmap.Relay.Objects;

namespace Depmap.Relay.Cluster;

/// <summary>
/// Asks the API server for the pod with an address that has no name yet, instead of waiting until the watch has it. One request
/// at a time, a few a second.
/// </summary>
internal sealed class PodLookup(ApiServer server, ClusterWatch watch, TimeProvider timeProvider) : BackgroundService
{
    /// <summary>Time between two requests.</summary>
    public static readonly TimeSpan MinInterval = TimeSpan.FromMilliseconds(200);

    /// <summary>After this time, an address without a name is asked for again.</summary>
    public static readonly TimeSpan RepeatInterval = TimeSpan.FromSeconds(1);

    private const int MaxWanted = 64;
    private const int MaxRemembered = 1024;

    private readonly Channel<Address> _wanted = Channel.CreateBounded<Address>(
        new BoundedChannelOptions(MaxWanted) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true });

    private readonly LabelSets _labels = new();

    // By the thread that asks.
    private readonly Dictionary<Address, long> _asked = [];

    /// <summary>Asks for an address, unless that was done a moment ago. Must not be called concurrently.</summary>
    public void Ask(Address address)
    {
        long now = timeProvider.GetTimestamp();
        if (_asked.TryGetValue(address, out long last) && timeProvider.GetElapsedTime(last, now) < RepeatInterval)
            return;
        if (_asked.Count >= MaxRemembered)
            _asked.Clear();
        _asked[address] = now;
        _wanted.Writer.TryWrite(address);
    }

    protected override async Task ExecuteAsync(CancellationToken cancellationToken)
    {
        await foreach (Address address in _wanted.Reader.ReadAllAsync(cancellationToken))
        {
            // Before the first lists are complete, nearly all pods would have to be asked for.
            if (!watch.Ready)
                continue;
            try
            {
                watch.AddFound(await FindAsync(address, cancellationToken));
            }
            catch (Exception e) when (e is ApiFailure or JsonException or ObjectsException)
            {
                // The watch reports outages, and brings the pod later.
            }

            await Task.Delay(MinInterval, timeProvider, cancellationToken);
        }
    }

    private async Task<List<PodObject>> FindAsync(Address address, CancellationToken cancellationToken)
    {
        var pods = new List<PodObject>();
        // From the API server's cache: etcd would have to read all pods.
        ApiResponse response = await server.SendAsync(
            HttpMethod.Get, $"/api/v1/pods?fieldSelector=status.podIP%3D{address}&resourceVersion=0", null, cancellationToken);
        server.Usage.AddList();
        server.Usage.AddBytes(response.Body.Length);
        if (!response.Ok)
            return pods;
        using JsonDocument list = JsonDocument.Parse(response.Body);
        foreach (LocatedElement item in new LocatedElement(list.RootElement, response.Body).GetList("items"))
            pods.Add(ObjectsReader.ReadPod(item, _labels));
        return pods;
    }
}
