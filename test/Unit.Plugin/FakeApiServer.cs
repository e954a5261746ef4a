using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;
using Depmap.Plugin.Cluster.Api;
using Depmap.Plugin.Objects;

namespace Depmap.Plugin.Tests;

/// <summary>Keeps objects by path, counts versions as an API server does, and refuses what a test tells it to.</summary>
internal sealed class FakeApiServer : IApiServer
{
    private static readonly HashSet<string> Lists =
        [.. ApiPath.Kinds.Select(kind => ApiPath.ResourceOf(kind).Plural), "pods", "nodes", "events"];

    private int _version;

    public Uri Address => new("https://cluster.example:6443");

    public string Context { get; init; } = "test";

    public string Namespace => "default";

    /// <summary>What the cluster has, by path.</summary>
    public SortedDictionary<string, JsonObject> Objects { get; } = new(StringComparer.Ordinal);

    /// <summary>All requests: method, space, path.</summary>
    public List<string> Requests { get; } = [];

    /// <summary>Asked first; null leaves the answer to the objects.</summary>
    public Func<string, ApiAnswer?> Answer { get; set; } = _ => null;

    /// <summary>How long it takes for the first answer.</summary>
    public TimeSpan Delay { get; set; }

    /// <summary>Called with each object after it changed.</summary>
    public Action<string, JsonObject> Changed { get; set; } = (_, _) => { };

    /// <summary>A server on which relay and agents become ready as soon as they are applied, with one node.</summary>
    public static FakeApiServer Ready()
    {
        var server = new FakeApiServer { Changed = (_, it) => MakeReady(it) };
        server.Add("/version", new JsonObject { ["minor"] = "34", ["gitVersion"] = "v1.34.4" });
        server.Add("/api/v1/nodes/n1", Node("n1"));
        return server;
    }

    public static JsonObject Node(
        string name, string os = "linux", string architecture = "amd64", string kernel = "6.1.0-10-generic") => new()
    {
        ["metadata"] = new JsonObject { ["name"] = name, ["labels"] = new JsonObject() },
        ["status"] = new JsonObject
        {
            ["nodeInfo"] = new JsonObject { ["operatingSystem"] = os, ["architecture"] = architecture, ["kernelVersion"] = kernel },
        },
    };

    public static ApiAnswer Refuse(int status, string message) =>
        new(status, new JsonObject { ["kind"] = "Status", ["message"] = message });

    public static void MakeReady(JsonObject resource) => resource["status"] = new JsonObject
    {
        ["updatedReplicas"] = 1, ["readyReplicas"] = 1,
        ["desiredNumberScheduled"] = 1, ["updatedNumberScheduled"] = 1, ["numberReady"] = 1,
    };

    public void Add(string path, JsonObject resource) => Objects[path] = resource;

    public async Task<ApiAnswer> SendAsync(
        HttpMethod method, string path, JsonNode? body, string? contentType, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        string request = $"{method} {path}";
        Requests.Add(request);
        if (Delay > TimeSpan.Zero)
        {
            await Task.Delay(Delay, cancellationToken);
            Delay = TimeSpan.Zero;
        }

        return Answer(request) ?? Handle(method, path.Split('?'), body);
    }

    public async IAsyncEnumerable<JsonObject> WatchAsync(string path, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await Task.CompletedTask;
        yield break;
    }

    /// <summary>Connects to the port of a pod: <c>NAMESPACE/POD:PORT</c>.</summary>
    public Func<string, Task<Stream>> Forward { get; set; } = _ => throw new ForwardException(404, "pods not found");

    public Task<Stream> ForwardAsync(string ns, string pod, int port, CancellationToken cancellationToken)
    {
        string address = $"{ns}/{pod}:{port}";
        Requests.Add($"FORWARD {address}");
        return Forward(address);
    }

    /// <summary>As it is after a way through text: a number is of any type that holds it.</summary>
    private static JsonObject? Wire(JsonNode? it) => (JsonObject?)JsonNode.Parse(it?.ToJsonString() ?? "null");

    private ApiAnswer Handle(HttpMethod method, string[] address, JsonNode? body)
    {
        string path = address[0];
        bool isDry = address.Length > 1 && address[1].Contains("dryRun=All", StringComparison.Ordinal);
        Objects.TryGetValue(path, out JsonObject? kept);
        if (method == HttpMethod.Post)
            return new ApiAnswer(201, new JsonObject { ["status"] = new JsonObject { ["allowed"] = true } });
        if (method == HttpMethod.Patch)
            return Apply(path, kept, Wire(body)!, isDry);
        if (method == HttpMethod.Delete)
            return Delete(path, kept, isDry);
        if (kept is not null)
            return new ApiAnswer(200, Wire(kept));
        if (path == "/api/v1")
            return new ApiAnswer(200, JsonNode.Parse(
                """{"resources": [{"name": "configmaps", "namespaced": true, "verbs": ["list", "delete"]}]}"""));
        if (!Lists.Contains(path.Split('/')[^1]))
            return Refuse(404, "not found");
        return new ApiAnswer(200, new JsonObject
        {
            ["items"] = new JsonArray([.. Objects.Where(pair => IsIn(pair.Key, path)).Select(pair => Wire(pair.Value))]),
        });
    }

    private ApiAnswer Apply(string path, JsonObject? kept, JsonObject wanted, bool isDry)
    {
        JsonObject? bare = Wire(kept);
        bare?.Remove("status");
        ((JsonObject?)bare?["metadata"])?.Remove("resourceVersion");
        bool isSame = bare is not null && JsonNode.DeepEquals(bare, wanted);
        if (isSame)
            return new ApiAnswer(200, Wire(kept));
        wanted["metadata"]!["resourceVersion"] = $"{++_version}";
        if (!isDry)
        {
            Objects[path] = wanted;
            Changed(path, wanted);
        }

        return new ApiAnswer(kept is null ? 201 : 200, Wire(wanted));
    }

    private ApiAnswer Delete(string path, JsonObject? kept, bool isDry)
    {
        if (kept is null)
            return Refuse(404, "not found");
        if (!isDry)
        {
            Objects.Remove(path);
            // As the namespace controller does.
            foreach (string inside in Objects.Keys.Where(key => path.StartsWith("/api/v1/namespaces/", StringComparison.Ordinal)
                && key.Contains($"/namespaces/{path.Split('/')[^1]}/", StringComparison.Ordinal)).ToArray())
                Objects.Remove(inside);
        }

        return new ApiAnswer(200, Wire(kept));
    }

    /// <summary>Whether an object is of a kind's list, in one namespace or in all.</summary>
    private static bool IsIn(string key, string list)
    {
        string folder = key[..key.LastIndexOf('/')];
        if (folder == list)
            return true;
        int space = folder.IndexOf("/namespaces/", StringComparison.Ordinal);
        if (space < 0 || folder.LastIndexOf('/') == space)
            return false;
        string kind = folder[folder.LastIndexOf('/')..];
        return folder[..space] + kind == list;
    }
}
