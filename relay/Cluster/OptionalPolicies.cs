using System.Text.Json;
using Depmap.Relay.Objects;

namespace Depmap.Relay.Cluster;

/// <summary>
/// Follows the kinds of policies that only some clusters have, as API discovery shows, and names those that are not evaluated.
/// https://kubernetes.io/docs/concepts/overview/kubernetes-api/#discovery-api
/// </summary>
internal sealed class OptionalPolicies(
    ApiServer server, Func<Resource<PolicyObject>, Informer<PolicyObject>> follow, Action changed, TimeProvider timeProvider)
{
    /// <summary>Time between two discoveries: an API may be added later.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromMinutes(5);

    private const string Group = "policy.networking.k8s.io", Version = "v1alpha1";

    private static readonly (string Resource, PolicyKind Kind)[] Kinds =
    [
        ("adminnetworkpolicies", PolicyKind.AdminNetworkPolicy),
        ("baselineadminnetworkpolicies", PolicyKind.BaselineAdminNetworkPolicy),
    ];

    // Groups whose objects forbid or allow connections.
    private static readonly string[] OtherGroups = ["cilium.io", "crd.projectcalico.org", "projectcalico.org", "crd.antrea.io"];

    private readonly Dictionary<PolicyKind, Informer<PolicyObject>> _informers = [];
    private volatile IReadOnlyList<string> _limits = [];

    public void AddTo(ClusterObjects objects)
    {
        objects.PolicyLimits = _limits;
        lock (_informers)
        {
            foreach (Informer<PolicyObject> informer in _informers.Values)
                informer.AddTo(objects.Policies);
        }
    }

    /// <summary>Runs until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        List<Task> following = [];
        while (!cancellationToken.IsCancellationRequested)
        {
            foreach (Informer<PolicyObject> informer in await DiscoverAsync(cancellationToken))
                following.Add(informer.RunAsync(cancellationToken));
            await Task.Delay(Interval, timeProvider, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        await Task.WhenAll(following);
    }

    /// <returns>Those of kinds that are new.</returns>
    private async Task<List<Informer<PolicyObject>>> DiscoverAsync(CancellationToken cancellationToken)
    {
        List<Informer<PolicyObject>> added = [];
        try
        {
            Dictionary<string, List<string>> groups = await ListGroupsAsync(cancellationToken);
            List<string> resources = groups.ContainsKey(Group) ? await ListResourcesAsync(Version, cancellationToken) : [];
            List<string> limits = [.. OtherGroups.Where(groups.ContainsKey).Select(group => DescribeLimit("policies", group))];
            // The API server converts between the versions of a kind: one version of it is enough.
            foreach (string version in groups.GetValueOrDefault(Group, []).Where(version => version != Version))
            {
                limits.AddRange((await ListResourcesAsync(version, cancellationToken))
                    .Where(resource => !resource.Contains('/') && !IsEvaluated(resource, resources))
                    .Select(resource => DescribeLimit(resource, $"{Group}/{version}")));
            }

            if (!limits.SequenceEqual(_limits))
            {
                _limits = limits;
                changed();
            }

            foreach ((string resource, PolicyKind kind) in Kinds.Where(kind => resources.Contains(kind.Resource)))
            {
                lock (_informers)
                {
                    if (_informers.ContainsKey(kind))
                        continue;
                    added.Add(_informers[kind] = follow(new Resource<PolicyObject>(
                        $"/apis/{Group}/{Version}/{resource}", item => PolicyReader.ReadAdminPolicy(kind, item))));
                }
            }
        }
        catch (Exception e) when (e is ApiFailure or JsonException or ObjectsException)
        {
            // The informers of the other kinds report outages.
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The relay stops.
        }

        return added;
    }

    private static bool IsEvaluated(string resource, List<string> served) =>
        served.Contains(resource) && Kinds.Any(kind => kind.Resource == resource);

    private static string DescribeLimit(string resource, string group) =>
        $"the cluster has {resource} of {group}, which Depmap does not evaluate";

    /// <summary>The groups of the cluster with their versions.</summary>
    private async Task<Dictionary<string, List<string>>> ListGroupsAsync(CancellationToken cancellationToken)
    {
        var groups = new Dictionary<string, List<string>>(StringComparer.Ordinal);
        await ListAsync("/apis", "groups", cancellationToken, group =>
            groups[group.GetString("name")] = [.. group.GetList("versions").Select(version => version.GetString("version"))]);
        return groups;
    }

    private async Task<List<string>> ListResourcesAsync(string version, CancellationToken cancellationToken)
    {
        List<string> resources = [];
        await ListAsync($"/apis/{Group}/{version}", "resources", cancellationToken, entry => resources.Add(entry.GetString("name")));
        return resources;
    }

    private async Task ListAsync(string path, string list, CancellationToken cancellationToken, Action<LocatedElement> add)
    {
        ApiResponse response = await server.SendAsync(HttpMethod.Get, path, null, cancellationToken);
        if (!response.Ok)
            return;
        using JsonDocument document = JsonDocument.Parse(response.Body);
        foreach (LocatedElement entry in new LocatedElement(document.RootElement, response.Body).GetList(list))
            add(entry);
    }
}
