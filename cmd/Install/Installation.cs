using System.Text.Json.Nodes;
using Depmap.Plugin.Cluster.Api;
using Depmap.Plugin.Objects;
using Depmap.Plugin.Shell;

namespace Depmap.Plugin.Install;

/// <summary>The steps that <c>install</c> and <c>try</c> share: prepare, check, load images, apply, wait.</summary>
/// <param name="result">Called with a line for each applied object.</param>
/// <param name="log">Called with other lines for the user.</param>
internal sealed class Installation(
    IApiServer server,
    InstallRequest request,
    ProgramName program,
    TimeProvider timeProvider,
    Action<string> result,
    Action<string> log,
    RolloutReport report)
{
    private readonly Preflight _preflight = new(server, program);
    private readonly NodeTable _nodes = new(server, request.Values, timeProvider);
    private Rollout? _rollout;

    private InstallValues Values => request.Values;

    /// <summary>The objects to apply, for this cluster.</summary>
    /// <exception cref="InstallException">The credentials of the registry cannot be read.</exception>
    public async Task<IReadOnlyList<JsonObject>> PrepareAsync(
        Func<InstallValues, IReadOnlyList<JsonObject>> build, string version, CancellationToken cancellationToken)
    {
        await _preflight.CheckServerAsync(cancellationToken);
        InstallValues values = await OpenShift.DetectAsync(Values, server, cancellationToken);
        return await PullSecretObjects.AddAsync(build(values), request, version, server, cancellationToken);
    }

    /// <exception cref="InstallException">The installation would fail.</exception>
    public async Task CheckAsync(IReadOnlyList<JsonObject> objects, string version, bool force, CancellationToken cancellationToken)
    {
        await _preflight.RunAsync(objects, Values, version, force, cancellationToken);
        if (await _nodes.ReadAsync(cancellationToken) is { } error)
            log($"Nodes were not checked: {error}");
        _nodes.RequireOne();
    }

    /// <summary>Loads the images onto the nodes, if the user wants that.</summary>
    /// <param name="variable">Returns the value of an environment variable.</param>
    /// <exception cref="InstallException">They cannot be loaded.</exception>
    public async Task LoadImagesAsync(Func<string, string?> variable, CancellationToken cancellationToken)
    {
        if (request.LoadFolder is { } folder)
        {
            var loader = new ImageLoader(new ProgramPath(variable, OperatingSystem.IsWindows()), log);
            await loader.LoadAsync(server.Context, ImageArchives.Find(folder, program), cancellationToken);
        }
    }

    /// <returns>The number of objects that were created or changed.</returns>
    public async Task<int> ApplyAsync(
        IReadOnlyList<JsonObject> objects, bool force, bool dryRun, CancellationToken cancellationToken)
    {
        if (!dryRun && _rollout is null)
        {
            _rollout = new Rollout(server, Values, _nodes, program, timeProvider, report);
            await _rollout.PrepareAsync(cancellationToken);
        }

        foreach (JsonObject daemonSet in objects.Where(resource => resource.Kind == "DaemonSet"))
            _nodes.WidenUpdate(daemonSet);
        return await new Installer(server, program, timeProvider, result).ApplyAsync(objects, force, dryRun, cancellationToken);
    }

    /// <summary>Waits for what <see cref="ApplyAsync"/> has applied.</summary>
    /// <param name="partial">Whether nodes whose agents are not ready after <paramref name="timeout"/> are left out.</param>
    /// <returns>A line about the nodes that are not observed; null if all are.</returns>
    public async Task<string?> WaitAsync(TimeSpan timeout, bool partial, CancellationToken cancellationToken) =>
        UnobservedNodes.Describe(_nodes.All.Count, await _rollout!.WaitAsync(timeout, partial, cancellationToken));
}
