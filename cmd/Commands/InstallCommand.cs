using System.CommandLine;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Depmap.Common;
using Depmap.Common.Options;
using Depmap.Plugin.Cluster.Api;
using Depmap.Plugin.Install;
using Depmap.Plugin.Options;
using Depmap.Plugin.Output;
using Depmap.Plugin.Shell;
using Depmap.Plugin.Yaml;

namespace Depmap.Plugin.Commands;

/// <summary>Installs Depmap into the cluster, or prints the objects that it would apply.</summary>
internal sealed class InstallCommand : Command
{
    private enum Format { Yaml, Json }

    private static readonly Choice<Format> Formats = new(("yaml", Format.Yaml), ("json", Format.Json));

    private readonly Option<Format?> _output = ParsedOption.Optional(
        ["--output", "-o"], Formats, "With --dry-run=client or --print-rights: the format of the printed objects. (default yaml)");

    private readonly DryRunOption _dryRun = new(
        "client: print the objects without contacting the cluster. server: let the API server validate them without storing them.");

    private readonly WaitOptions _wait = new("the relay and the agents are ready", "5m");

    private readonly Option<bool> _printRights = new("--print-rights")
    {
        Description = "Print roles with the rights to install, use and remove Depmap, for an administrator to apply. Installs nothing.",
    };

    private readonly PartialOption _partial = new();

    private readonly Option<bool> _force = new("--force")
    {
        Description = "Overwrite a newer version and fields owned by other managers.",
    };

    private readonly InstallOptions _options;
    private readonly ProgramName _program;
    private readonly OpenApiServer _open;
    private readonly Terminal _terminal;

    public InstallCommand(ProgramName program, OpenApiServer open, Terminal terminal)
        : base(
            "install",
            $"""
            Install Depmap into the cluster, or update it to this version and these options.

            Waits until the relay and the agents are ready. Nodes that are not ready, and nodes that cannot run the agent, are not
            waited for: they are named at the end, and the exit code is 0.

            Examples:
              # Install into the namespaces depmap and depmap-agents
              {program} install

              # Print what would be applied
              {program} install --dry-run=client -o yaml

              # Images from your own registry
              {program} install --registry registry.example.com/depmap --pull-secret-from ~/.docker/config.json

              # Values from a file, as for the Helm chart
              {program} install -f values.yaml
            """)
    {
        _program = program;
        _open = open;
        _terminal = terminal;
        _options = new InstallOptions(terminal.Variable);
        _options.AddTo(this, hasShortValues: true);
        _dryRun.AddTo(this);
        Add(_output);
        Add(_printRights);
        _wait.AddTo(this);
        Add(_partial);
        Add(_force);
        SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parse, CancellationToken cancellationToken)
    {
        Parsed<InstallRequest> request = _options.Read(parse);
        if (request.Error is { } error)
            return _terminal.Fail(error);
        if (MissingRegistry.IsIn(request.Value.Values))
            return MissingRegistry.Fail(_terminal, _program);

        DryRun dryRun = _dryRun.Read(parse, _terminal.Error.WriteLine);
        Format? format = parse.GetValue(_output);
        if (parse.GetValue(_printRights))
            return await PrintRightsAsync(parse, request.Value.Values, format, cancellationToken);
        if (format is not null && dryRun != DryRun.Client)
            return _terminal.Fail("--output requires --dry-run=client or --print-rights");

        if (dryRun == DryRun.Client)
        {
            if (request.Value.PullSecret is not null)
                _terminal.Error.WriteLine("The Secrets of --pull-secret-from are not printed, because they have credentials.");
            IReadOnlyList<JsonObject> objects = InstallObjects.Build(request.Value.Values, ProductVersion.Tag);
            return Print(objects, format);
        }

        try
        {
            return await InstallAsync(parse, request.Value, dryRun == DryRun.Server, cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return _terminal.Interrupted(
                $"The objects listed above were applied. Try: {_program} install to continue, or {_program} uninstall to remove them");
        }
    }

    private async Task<int> InstallAsync(ParseResult parse, InstallRequest request, bool dryRun, CancellationToken cancellationToken)
    {
        var progress = new RolloutProgress(_terminal);
        IApiServer server = await progress.WaitAsync(_open(parse, cancellationToken), RolloutProgress.Checking);
        string version = ProductVersion.Tag;
        bool force = parse.GetValue(_force);
        var installation = new Installation(
            server,
            request,
            _program,
            _terminal.TimeProvider,
            line => _terminal.Print(line + "\n"),
            _terminal.Error.WriteLine,
            progress.Report);
        IReadOnlyList<JsonObject> objects = [];
        await progress.WaitAsync(PrepareAsync(), RolloutProgress.Checking);
        if (!dryRun)
            await installation.LoadImagesAsync(_terminal.Variable, cancellationToken);
        int changed = await installation.ApplyAsync(objects, force, dryRun, cancellationToken);
        if (dryRun)
            return ExitCode.Success;
        string? unobserved = null;
        if (_wait.Read(parse) is { } timeout)
            unobserved = await installation.WaitAsync(timeout, parse.GetValue(_partial), cancellationToken);
        else if (changed > 0)
        {
            _terminal.Error.WriteLine($"Depmap {version} is applied; the relay and the agents are starting. Try: {_program} status");
            return ExitCode.Success;
        }

        _terminal.Error.WriteLine(changed == 0
            ? $"Depmap {version} is already installed: nothing changed."
            : $"Depmap {version} is installed.");
        if (unobserved is not null)
            _terminal.Error.WriteLine(unobserved);
        return ExitCode.Success;

        async Task PrepareAsync()
        {
            objects = await installation.PrepareAsync(values => InstallObjects.Build(values, version), version, cancellationToken);
            if (!dryRun)
            {
                await new ExpiredTrial(server, _program, _terminal.TimeProvider, _terminal.Error.WriteLine)
                    .RemoveAsync(request.Values.Namespace, cancellationToken);
            }

            await installation.CheckAsync(objects, version, force, cancellationToken);
        }
    }

    private async Task<int> PrintRightsAsync(
        ParseResult parse, InstallValues values, Format? format, CancellationToken cancellationToken)
    {
        var review = new JsonObject { ["apiVersion"] = "authentication.k8s.io/v1", ["kind"] = "SelfSubjectReview" };
        IApiServer server = await _open(parse, cancellationToken);
        ApiAnswer response = await server.SendAsync(
            HttpMethod.Post, "/apis/authentication.k8s.io/v1/selfsubjectreviews", review, "application/json", cancellationToken);
        if ((string?)response.Body?["status"]?["userInfo"]?["username"] is not { } user)
            return _terminal.Fail($"cannot get your user name from the API server: {response.Message}");
        values = await OpenShift.DetectAsync(values, server, cancellationToken);
        IReadOnlyList<JsonObject> objects = InstallObjects.Build(values with { IsTrial = true }, ProductVersion.Tag);
        return Print(InstallerRoles.Build(objects, values, user), format);
    }

    private int Print(IReadOnlyList<JsonObject> objects, Format? format)
    {
        _terminal.Print(format == Format.Json ? Json(objects) : YamlText.Write(objects));
        return ExitCode.Success;
    }

    private static string Json(IEnumerable<JsonObject> objects)
    {
        var list = new JsonObject { ["apiVersion"] = "v1", ["kind"] = "List", ["items"] = new JsonArray([.. objects]) };
        using var text = new MemoryStream();
        using (var writer = new Utf8JsonWriter(text, new JsonWriterOptions { Indented = true, NewLine = "\n" }))
            list.WriteTo(writer);
        return Encoding.UTF8.GetString(text.GetBuffer(), 0, (int)text.Length) + "\n";
    }
}
