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
    private readonly Informer<NamespaceObject> _namespaces;
    private readonly Informer<OwnedObject> _replicaSets, _jobs;
    private readonly Informer<PolicyObject> _policies;
    private readonly OptionalPolicies _optionalPolicies;
    private readonly FoundPods _found = new();
    private volatile bool _ready;
    private volatile IReadOnlyList<NodeObject> _lastNodes = [];

    public ClusterWatch(ApiServer server, NameTables tables, TimeProvider timeProvider, ILogger<ClusterWatch> log)
    {
        (_server, _tables, _time, _log) = (server, tables, timeProvider, log);
        var labels = new LabelSets();
        _pods = Follow(new Resource<PodObject>("/api/v1/pods", item => ObjectsReader.ReadPod(item, labels), HasEnded: pod => pod.Finished));
        _services = Follow(new Resource<ServiceObject>("/api/v1/services", ObjectsReader.ReadService));
        _slices = Follow(new Resource<SliceObject>("/apis/discovery.k8s.io/v1/endpointslices", ObjectsReader.ReadSlice));
        _nodes = Follow(new Resource<NodeObject>("/api/v1/nodes", ObjectsReader.ReadNode));
        _namespaces = Follow(new Resource<NamespaceObject>(
            "/api/v1/namespaces", item => ObjectsReader.ReadNamespace(item, labels), MetadataOnly: true));
        _replicaSets = Follow(new Resource<OwnedObject>(
            "/apis/apps/v1/replicasets", item => ObjectsReader.ReadOwned("ReplicaSet", item), MetadataOnly: true));
        _jobs = Follow(new Resource<OwnedObject>(
            "/apis/batch/v1/jobs", item => ObjectsReader.ReadOwned("Job", item), MetadataOnly: true));
        _policies = Follow(new Resource<PolicyObject>(
            "/apis/networking.k8s.io/v1/networkpolicies", PolicyReader.ReadNetworkPolicy));
        _optionalPolicies = new OptionalPolicies(server, Follow, NotifyChanged, timeProvider);
        Informers = [_pods, _services, _slices, _nodes, _namespaces, _replicaSets, _jobs, _policies];

        Informer<T> Follow<T>(Resource<T> resource)
            where T : class => new(resource, server, NotifyChanged, timeProvider, Random.Shared, log);
    }

    public IReadOnlyList<IInformer> Informers { get; }

    /// <summary>Whether all kinds were listed and the name tables are filled. Stays true while the API server is unreachable.</summary>
    public bool Ready => _ready;

    /// <summary>The nodes as of the last update; empty before the first.</summary>
    public IReadOnlyList<NodeObject> Nodes => _lastNodes;

    /// <summary>Adds pods that were asked for individually, until the watch has them.</summary>
    public void AddFound(IReadOnlyList<PodObject> pods)
    {
        if (_found.Add(pods, _time.UnixNanoseconds()))
            NotifyChanged();
    }

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
        Task following = Task.WhenAll(
        [
            .. Informers.Select(informer => Task.Run(() => informer.RunAsync(cancellationToken), CancellationToken.None)),
            Task.Run(() => _optionalPolicies.RunAsync(cancellationToken), CancellationToken.None),
        ]);
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
            (long before, TimeSpan usedBefore) = (Stopwatch.GetTimestamp(), Environment.CpuUsage.TotalTime);
            UpdateTables(started);
            // On a busy node, an update may wait for the processor much longer than it uses it. Other threads use it as well.
            TimeSpan elapsed = Stopwatch.GetElapsedTime(before), used = Environment.CpuUsage.TotalTime - usedBefore;
            TimeSpan pause = (used < elapsed ? used : elapsed) / MaxCpuShare;
            await Task.Delay(pause > MinUpdateInterval ? pause : MinUpdateInterval, _time, cancellationToken);
        }
    }

    private void UpdateTables(long started)
    {
        var objects = new ClusterObjects();
        _pods.AddTo(objects.Pods, objects.EndedPods);
        _found.AddTo(objects, _tables.Current.Addresses, _time.UnixNanoseconds());
        _services.AddTo(objects.Services);
        _slices.AddTo(objects.Slices);
        _nodes.AddTo(objects.Nodes);
        _namespaces.AddTo(objects.Namespaces);
        _policies.AddTo(objects.Policies);
        _optionalPolicies.AddTo(objects);
        var owned = new List<OwnedObject>();
        _replicaSets.AddTo(owned);
        _jobs.AddTo(owned);
        foreach (OwnedObject item in owned)
            objects.Owners[item.Id] = item.Controller;
        _lastNodes = objects.Nodes;
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
