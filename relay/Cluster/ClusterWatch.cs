using System.Diagnostics;
using Depmap.Relay.Names;
using Depmap.Relay.Objects;
using Depmap.V1;

namespace Depmap.Relay.Cluster;

/// <summary>Updates the name tables from the API server.</summary>
internal sealed partial class ClusterWatch : BackgroundService
{
    /// <summary>Changes within this time lead to one update.</summary>
    private static readonly TimeSpan MinUpdateInterval = TimeSpan.FromMilliseconds(100);

    /// <summary>Updates may use this share of a core: in a large cluster they are less frequent.</summary>
    private const double MaxCpuShare = 0.05;

    private readonly ApiServer _server;
    private readonly NameTables _tables;
    private readonly TimeProvider _time;
    private readonly ILogger<ClusterWatch> _log;
    private readonly SemaphoreSlim _changed = new(0, 1);
    private readonly Informer<PodObject> _pods;
    private readonly Informer<ServiceObject> _services;
    private readonly Informer<SliceObject> _slices;
    private readonly Informer<NodeObject> _nodes;
    private readonly Informer<OwnedObject> _replicaSets, _jobs;
    private volatile bool _ready;

    public ClusterWatch(ApiServer server, NameTables tables, TimeProvider timeProvider, ILogger<ClusterWatch> log)
    {
        (_server, _tables, _time, _log) = (server, tables, timeProvider, log);
        _pods = Follow(new Resource<PodObject>("/api/v1/pods", ObjectsReader.ReadPod, HasEnded: pod => pod.Finished));
        _services = Follow(new Resource<ServiceObject>("/api/v1/services", ObjectsReader.ReadService));
        _slices = Follow(new Resource<SliceObject>("/apis/discovery.k8s.io/v1/endpointslices", ObjectsReader.ReadSlice));
        _nodes = Follow(new Resource<NodeObject>("/api/v1/nodes", ObjectsReader.ReadNode));
        _replicaSets = Follow(new Resource<OwnedObject>(
            "/apis/apps/v1/replicasets", item => ObjectsReader.ReadOwned("ReplicaSet", item), MetadataOnly: true));
        _jobs = Follow(new Resource<OwnedObject>(
            "/apis/batch/v1/jobs", item => ObjectsReader.ReadOwned("Job", item), MetadataOnly: true));
        Informers = [_pods, _services, _slices, _nodes, _replicaSets, _jobs];

        Informer<T> Follow<T>(Resource<T> resource)
            where T : class => new(resource, server, NotifyChanged, timeProvider, Random.Shared, log);
    }

    public IReadOnlyList<IInformer> Informers { get; }

    /// <summary>Whether all kinds were listed and the name tables are filled. Stays true while the API server is unreachable.</summary>
    public bool Ready => _ready;

    public ApiStatus Status() => new()
    {
        Synced = Ready,
        ListRequests = (ulong)_server.Usage.Lists,
        WatchRequests = (ulong)_server.Usage.Watches,
        Bytes = (ulong)_server.Usage.Bytes,
        Outages =
        {
            from informer in Informers
            where informer.OutageReason is not null
            select new ApiOutage { Kind = informer.Name, Reason = informer.OutageReason },
        },
    };

    protected override async Task ExecuteAsync(CancellationToken cancellationToken)
    {
        long started = _time.GetTimestamp();
        Task following = Task.WhenAll(Informers.Select(
            informer => Task.Run(() => informer.RunAsync(cancellationToken), CancellationToken.None)));
        while (true)
        {
            Task next = await Task.WhenAny(_changed.WaitAsync(cancellationToken), following);
            if (next == following)
            {
                await following; // throws: the informers end only with the relay, or by a bug
                return;
            }

            await next;
            if (!Informers.All(informer => informer.Synced))
                continue;
            long before = Stopwatch.GetTimestamp();
            UpdateTables(started);
            TimeSpan pause = Stopwatch.GetElapsedTime(before) / MaxCpuShare;
            await Task.Delay(pause > MinUpdateInterval ? pause : MinUpdateInterval, _time, cancellationToken);
        }
    }

    private void UpdateTables(long started)
    {
        var objects = new ClusterObjects();
        _pods.AddTo(objects.Pods, objects.EndedPods);
        _services.AddTo(objects.Services);
        _slices.AddTo(objects.Slices);
        _nodes.AddTo(objects.Nodes);
        var owned = new List<OwnedObject>();
        _replicaSets.AddTo(owned);
        _jobs.AddTo(owned);
        foreach (OwnedObject item in owned)
            objects.Owners[item.Id] = item.Controller;
        _tables.Apply(objects, _time.UnixNanoseconds());
        if (_ready)
            return;
        _ready = true;
        LogReady(objects.Pods.Count, objects.Services.Count, (long)_time.GetElapsedTime(started).TotalMilliseconds);
    }

    private void NotifyChanged()
    {
        try
        {
            _changed.Release();
        }
        catch (SemaphoreFullException)
        {
            // A notification is already pending.
        }
    }

    [LoggerMessage(
        Level = LogLevel.Information, Message = "loaded the names of {Pods} pods and {Services} services after {Milliseconds} ms")]
    private partial void LogReady(int pods, int services, long milliseconds);
}
