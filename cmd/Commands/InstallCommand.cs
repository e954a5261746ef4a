using System.CommandLine;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Depmap.Common;
using Depmap.Common.Options;
using Depmap.Plugin.Cluster.Api;
using Depmap.Plugin.Install;
using Depmap.Plugin.Options;
using Depmap.Plugin.Shell;
using Depmap.Plugin.Yaml;

namespace Depmap.Plugin.Commands;

/// <summary>Installs Depmap into the cluster, or prints the objects that it would apply.</summary>
internal sealed class InstallCommand : Command
{
    private enum Format { Yaml, Json }

    private enum DryRun { Client, Server }

    private static readonly Choice<Format> Formats = new(("yaml", Format.Yaml), ("json", Format.Json));
    private static readonly Choice<DryRun> DryRuns = new(("client", DryRun.Client), ("server", DryRun.Server));

    private readonly Option<Format?> _output = ParsedOption.Optional(
        ["--output", "-o"], Formats.Names, "With --dry-run=client: the format of the printed objects. (default yaml)", Formats.Parse);

    private readonly Option<DryRun?> _dryRun = ParsedOption.Optional(
        ["--dry-run"], DryRuns.Names,
        "client: print the objects without contacting the cluster. server: let the API server validate them without storing them.",
        DryRuns.Parse);

    private readonly Option<TimeSpan> _timeout = ParsedOption.WithDefault(
        ["--timeout"], "DURATION", "How long to wait for the relay and the agents to become ready.", OptionParsers.Duration, "5m");

    private readonly Option<bool> _noWait = new("--no-wait") { Description = "Do not wait for the relay and the agents to become ready." };

    private readonly Option<bool> _force = new("--force")
    {
        Description = "Overwrite a newer version and fields owned by other managers.",
    };

    private readonly InstallOptions _options = new();
    private readonly ProgramName _program;
    private readonly OpenApiServer _open;
    private readonly Terminal _terminal;

    public InstallCommand(ProgramName program, OpenApiServer open, Terminal terminal)
        : base(
            "install",
            $"""
            Install Depmap into the cluster, or update it to this version and these options.

            Examples:
              # Install into the namespaces depmap and depmap-agents
              {program} install

              # Print what would be applied
              {program} install --dry-run=client -o yaml

              # Images from your own registry
              {program} install --registry example/depmap --pull-secret pull
            """)
    {
        _program = program;
        _open = open;
        _terminal = terminal;
        _options.AddTo(this);
        Add(_dryRun);
        Add(_output);
        Add(_noWait);
        Add(_timeout);
        Add(_force);
        SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parse, CancellationToken cancellationToken)
    {
        Parsed<InstallValues> values = _options.Read(parse);
        if (values.Error is { } error)
            return _terminal.Fail(error);

        DryRun? dryRun = parse.GetValue(_dryRun);
        Format? format = parse.GetValue(_output);
        if (format is not null && dryRun != DryRun.Client)
            return _terminal.Fail("--output requires --dry-run=client");

        IReadOnlyList<JsonObject> objects = InstallObjects.Build(values.Value, ProductVersion.Tag);
        if (dryRun == DryRun.Client)
        {
            Certificates.Fill(objects, _ => null, _terminal.TimeProvider.GetUtcNow());
            _terminal.Print(format == Format.Json ? Json(objects) : YamlText.Write(objects));
            return ExitCode.Success;
        }

        try
        {
            return await InstallAsync(parse, objects, values.Value, dryRun == DryRun.Server, cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return _terminal.Interrupted(
                $"The objects listed above were applied. Try: {_program} install to continue, or {_program} uninstall to remove them");
        }
    }

    private async Task<int> InstallAsync(
        ParseResult parse, IReadOnlyList<JsonObject> objects, InstallValues values, bool dryRun, CancellationToken cancellationToken)
    {
        IApiServer server = await _open(parse, cancellationToken);
        string version = ProductVersion.Tag;
        bool force = parse.GetValue(_force);
        var installation = new Installation(
            server, values, _program, _terminal.TimeProvider, line => _terminal.Print(line + "\n"), _terminal.Error.WriteLine);
        await installation.CheckAsync(objects, version, force, cancellationToken);
        int changed = await installation.ApplyAsync(objects, force, dryRun, cancellationToken);
        if (dryRun)
            return ExitCode.Success;
        if (!parse.GetValue(_noWait))
            await installation.WaitAsync(parse.GetValue(_timeout), cancellationToken);
        else if (changed > 0)
        {
            _terminal.Error.WriteLine($"Depmap {version} is applied; the relay and the agents are starting. Try: {_program} status");
            return ExitCode.Success;
        }

        _terminal.Error.WriteLine(changed == 0
            ? $"Depmap {version} is already installed: nothing changed."
            : $"Depmap {version} is installed.");
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
