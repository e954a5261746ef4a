using System.Text.Json.Nodes;
using Depmap.Plugin.Cluster.Api;

namespace Depmap.Plugin.Install;

/// <summary>
/// The Secrets' places in the cluster. Two installations at once must not each bring half of the certificates, and
/// an apply cannot ask that nothing be there before: so an empty Secret is created first, and then filled only if nobody
/// has touched it since.
/// </summary>
internal sealed class SecretSlots(IApiServer server, bool dryRun)
{
    private readonly Dictionary<string, JsonObject> _slots = new(StringComparer.Ordinal);
    private readonly HashSet<string> _created = new(StringComparer.Ordinal);

    public bool AreTaken { get; private set; }

    public JsonObject? Existing(JsonObject secret) => _slots.GetValueOrDefault(ApiPath.Of(secret));

    /// <exception cref="InstallException">A place cannot be had.</exception>
    public async Task TakeAsync(IEnumerable<JsonObject> secrets, CancellationToken cancellationToken)
    {
        AreTaken = true;
        foreach (JsonObject secret in secrets)
        {
            string path = ApiPath.Of(secret);
            ApiAnswer answer = await server.SendAsync(HttpMethod.Get, path, null, null, cancellationToken);
            if (answer.Status == 404 && !dryRun)
                answer = await CreateAsync(secret, path, cancellationToken);
            if (answer.Ok)
                _slots[path] = (JsonObject)answer.Body!;
            else if (answer.Status != 404)
                throw new InstallException(Applier.Refusal(secret, answer));
        }
    }

    public async Task<Applied> ApplyAsync(JsonObject secret, Applier applier, CancellationToken cancellationToken)
    {
        string path = ApiPath.Of(secret);
        if (_slots.TryGetValue(path, out JsonObject? slot))
        {
            secret = (JsonObject)secret.DeepClone();
            secret.At("metadata")["resourceVersion"] = (string?)slot["metadata"]?["resourceVersion"];
        }

        // What is in them is ours alone, also where they were created empty by another kind of request.
        Applied result = await applier.ApplyAsync(secret, cancellationToken, takeOver: true);
        return _created.Contains(path) ? Applied.Created : result;
    }

    private async Task<ApiAnswer> CreateAsync(JsonObject secret, string path, CancellationToken cancellationToken)
    {
        ApiAnswer answer = await server.SendAsync(
            HttpMethod.Post, $"{ApiPath.OfKind("Secret", secret.Namespace)}?fieldManager={Applier.Manager}", secret, "application/json", cancellationToken);
        if (answer.Ok)
            _created.Add(path);
        return answer.Status == 409 ? await server.SendAsync(HttpMethod.Get, path, null, null, cancellationToken) : answer;
    }
}
