using System.Collections.Concurrent;
using System.Text;
using System.Text.Json.Nodes;
using Depmap.Relay.Certificates;
using Depmap.Relay.Tests.Cluster;
using Microsoft.AspNetCore.Http;

namespace Depmap.Relay.Tests.Certificates;

/// <summary>An API server with the Secrets of an installation in the namespace <c>depmap</c>. It has no other objects.</summary>
internal sealed class FakeSecrets : IAsyncDisposable
{
    public static readonly SecretName Authority = SecretName.Authority("depmap"), Agents = SecretName.Agents("depmap");

    private readonly ConcurrentDictionary<string, StoredSecret> _secrets = [];
    private int _version;

    private FakeSecrets()
    {
    }

    public FakeApiServer Server { get; private set; } = null!;

    /// <summary>The changes, such as <c>PATCH /api/v1/…</c>.</summary>
    public ConcurrentQueue<string> Changes { get; } = [];

    /// <summary>Called with each request, such as <c>GET /api/v1/…</c>; returns a status to refuse it, or null.</summary>
    public Func<string, int?> Refuse { get; set; } = _ => null;

    /// <summary>As install creates them: without data.</summary>
    public static async Task<FakeSecrets> StartAsync()
    {
        var secrets = new FakeSecrets();
        secrets.Server = await FakeApiServer.StartAsync(secrets.AnswerAsync);
        secrets.Set(Authority, []);
        secrets.Set(Agents, []);
        return secrets;
    }

    public AuthorityFiles Authorities => AuthorityFiles.Read(_secrets[Authority.Path].Files);

    public IssuedFiles AgentFiles => IssuedFiles.Read(_secrets[Agents.Path].Files);

    public void Set(SecretName name, IEnumerable<KeyValuePair<string, string>> files) =>
        _secrets[name.Path] = new StoredSecret($"{Interlocked.Increment(ref _version)}", new Dictionary<string, string>(files));

    public void Remove(SecretName name) => _secrets.TryRemove(name.Path, out _);

    public ValueTask DisposeAsync() => Server.DisposeAsync();

    private async Task AnswerAsync(HttpContext context)
    {
        string path = context.Request.Path.Value!;
        int status = Refuse($"{context.Request.Method} {path}") ?? 200;
        JsonNode body = new JsonObject { ["metadata"] = new JsonObject { ["resourceVersion"] = "1" }, ["items"] = new JsonArray() };
        if (status == 200 && path.Contains("/secrets/", StringComparison.Ordinal))
            (status, body) = await AnswerAsync(context, path);
        context.Response.StatusCode = status;
        await context.Response.WriteAsync(context.Request.Query.ContainsKey("watch") ? "" : body.ToJsonString());
    }

    private async Task<(int Status, JsonNode Body)> AnswerAsync(HttpContext context, string path)
    {
        if (!_secrets.TryGetValue(path, out StoredSecret? secret))
            return (404, new JsonObject());
        if (context.Request.Method == "PATCH")
        {
            Assert.Equal("application/merge-patch+json", context.Request.ContentType);
            JsonNode patch = (await JsonNode.ParseAsync(context.Request.Body))!;
            if ((string?)patch["metadata"]!["resourceVersion"] != secret.Version)
                return (409, new JsonObject());
            var files = new Dictionary<string, string>(secret.Files);
            foreach ((string name, JsonNode? data) in patch["data"]!.AsObject())
            {
                files.Remove(name);
                if (data is not null)
                    files[name] = Encoding.UTF8.GetString(Convert.FromBase64String((string)data!));
            }

            secret = new StoredSecret($"{Interlocked.Increment(ref _version)}", files);
            _secrets[path] = secret;
            Changes.Enqueue($"PATCH {path}");
        }

        var body = new JsonObject { ["metadata"] = new JsonObject { ["resourceVersion"] = secret.Version } };
        foreach ((string name, string text) in secret.Files)
            ((JsonObject)(body["data"] ??= new JsonObject()))[name] = Convert.ToBase64String(Encoding.UTF8.GetBytes(text));
        return (200, body);
    }
}
