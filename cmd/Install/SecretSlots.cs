using System.Text.Json.Nodes;
using Depmap.Plugin.Cluster.Api;
using Depmap.Plugin.Objects;

namespace Depmap.Plugin.Install;

/// <summary>
/// Reserves the Secrets before they are filled. Of two installs at the same time, only one may generate certificates, and
/// server-side apply cannot require that an object does not exist. So an empty Secret is created first and then filled only
/// if nobody has changed it since.
/// </summary>
internal sealed class SecretSlots(IApiServer server, bool dryRun)
{
    private readonly Dictionary<string, JsonObject> _existing = new(StringComparer.Ordinal);
    private readonly HashSet<string> _created = new(StringComparer.Ordinal);

    public bool AreReserved { get; private set; }

    /// <summary>The Secret in the cluster; null if it does not exist.</summary>
    public JsonObject? Existing(JsonObject secret) => _existing.GetValueOrDefault(ApiPath.Of(secret));

    /// <exception cref="InstallException">A Secret can be neither read nor created.</exception>
    public async Task ReserveAsync(IEnumerable<JsonObject> secrets, CancellationToken cancellationToken)
    {
        AreReserved = true;
        foreach (JsonObject secret in secrets)
        {
            string path = ApiPath.Of(secret);
            ApiAnswer response = await server.SendAsync(HttpMethod.Get, path, null, null, cancellationToken);
            if (response.Status == 404 && !dryRun)
                response = await CreateAsync(secret, path, cancellationToken);
            if (response.Ok)
                _existing[path] = (JsonObject)response.Body!;
            else if (response.Status != 404)
                throw new InstallException(Applier.RefusalMessage(secret, response));
        }
    }

    public async Task<ApplyResult> ApplyAsync(JsonObject secret, Applier applier, CancellationToken cancellationToken)
    {
        string path = ApiPath.Of(secret);
        if (_existing.TryGetValue(path, out JsonObject? existing))
        {
            secret = (JsonObject)secret.DeepClone();
            secret.At("metadata")["resourceVersion"] = (string?)existing["metadata"]?["resourceVersion"];
        }

        // Nobody else owns fields of these Secrets, except this plugin with the POST request that created them.
        ApplyResult result = await applier.ApplyAsync(secret, cancellationToken, takeOwnership: true);
        return _created.Contains(path) ? ApplyResult.Created : result;
    }

    private async Task<ApiAnswer> CreateAsync(JsonObject secret, string path, CancellationToken cancellationToken)
    {
        ApiAnswer response = await server.SendAsync(
            HttpMethod.Post,
            $"{ApiPath.OfKind("Secret", secret.Namespace)}?fieldManager={Applier.Manager}",
            secret,
            "application/json",
            cancellationToken);
        if (response.Ok)
            _created.Add(path);
        return response.Status == 409 ? await server.SendAsync(HttpMethod.Get, path, null, null, cancellationToken) : response;
    }
}
