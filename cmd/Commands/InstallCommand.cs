using System.CommandLine;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Depmap.Common;
using Depmap.Plugin.Cluster.Api;
using Depmap.Plugin.Install;
using Depmap.Plugin.Shell;

namespace Depmap.Plugin.Commands;

/// <summary>Puts Depmap into the cluster, or prints what would be put there.</summary>
internal sealed class InstallCommand : Command
{
    private enum Format { None, Yaml, Json }

    private enum Dry { None, Client, Server }

    private static readonly Choice<Format> Formats = new(("yaml", Format.Yaml), ("json", Format.Json));
    private static readonly Choice<Dry> DryRuns = new(("client", Dry.Client), ("server", Dry.Server));

    private readonly Option<Format> _output = TypedOption.One(
        ["--output", "-o"], Formats.Names, "With --dry-run=client: print exactly what would be applied. (default yaml)", Formats.Read, Format.None);

    private readonly Option<Dry> _rehearsal = TypedOption.One(
        ["--dry-run"], DryRuns.Names, "client: ask no cluster, print. server: let the cluster check and keep nothing.",
        DryRuns.Read, Dry.None);

    private readonly Option<TimeSpan> _timeout = TypedOption.One(
        ["--timeout"], "DURATION", "How long to wait for relay and agents. (default 5m)", Duration.Read, TimeSpan.FromMinutes(5));

    private readonly Option<bool> _noWait = new("--no-wait") { Description = "End once everything is applied." };

    private readonly Option<bool> _force = new("--force")
    {
        Description = "Also over a newer version, and over what others have set.",
    };

    private readonly InstallOptions _options = new();
    private readonly string _program;
    private readonly OpenApiServer _open;
    private readonly Terminal _terminal;

    public InstallCommand(string program, OpenApiServer open, Terminal terminal)
        : base(
            "install",
            $"""
            Put Depmap into the cluster, or bring it to this version and these options.

            Examples:
              # Into the namespaces depmap and depmap-agents
              {program} install

              # See first what would be applied
              {program} install --dry-run=client -o yaml

              # Images from a registry of one's own
              {program} install --registry example/depmap --pull-secret pull
            """)
    {
        _program = program;
        _open = open;
        _terminal = terminal;
        _options.AddTo(this);
        Add(_rehearsal);
        Add(_output);
        Add(_noWait);
        Add(_timeout);
        Add(_force);
        SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parse, CancellationToken cancellationToken)
    {
        Reading<InstallValues> values = _options.Read(parse);
        if (values.Problem is { } problem)
            return _terminal.Fail(problem);

        Dry dry = parse.GetValue(_rehearsal);
        Format format = parse.GetValue(_output);
        if (format != Format.None && dry != Dry.Client)
            return _terminal.Fail("--output prints what would be applied: say --dry-run=client as well");

        IReadOnlyList<JsonObject> objects = InstallObjects.Build(values.Value, Version);
        if (dry == Dry.Client)
        {
            Certificates.Fill(objects, _ => null, _terminal.TimeProvider.GetUtcNow());
            _terminal.Print(format == Format.Json ? Json(objects) : YamlText.Write(objects));
            return ExitCode.Success;
        }

        try
        {
            return await InstallAsync(parse, objects, values.Value, dry == Dry.Server, cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return _terminal.Stopped("What is listed above was applied; install again goes on from there, uninstall removes it");
        }
    }

    private async Task<int> InstallAsync(
        ParseResult parse, IReadOnlyList<JsonObject> objects, InstallValues values, bool dryRun, CancellationToken cancellationToken)
    {
        IApiServer server = await _open(parse, cancellationToken);
        bool forced = parse.GetValue(_force);
        var installation = new Installation(
            server, values, _terminal.TimeProvider, line => _terminal.Print(line + "\n"), _terminal.Error.WriteLine);
        await installation.CheckAsync(objects, Version, forced, cancellationToken);
        int changed = await installation.ApplyAsync(objects, forced, dryRun, cancellationToken);
        if (dryRun)
            return ExitCode.Success;
        if (!parse.GetValue(_noWait))
            await installation.WaitAsync(parse.GetValue(_timeout), cancellationToken);
        else if (changed > 0)
        {
            _terminal.Error.WriteLine($"Depmap {Version} is applied; relay and agents start now. Try: {_program} status");
            return ExitCode.Success;
        }

        _terminal.Error.WriteLine(changed == 0 ? $"Depmap {Version} was installed already: nothing changed." : $"Depmap {Version} is installed.");
        return ExitCode.Success;
    }

    /// <summary>Without what it was built from: a tag has no '+'.</summary>
    private static string Version => ProductVersion.Text.Split('+')[0];

    private static string Json(IEnumerable<JsonObject> objects)
    {
        var list = new JsonObject { ["apiVersion"] = "v1", ["kind"] = "List", ["items"] = new JsonArray([.. objects]) };
        using var text = new MemoryStream();
        using (var writer = new Utf8JsonWriter(text, new JsonWriterOptions { Indented = true, NewLine = "\n" }))
            list.WriteTo(writer);
        return Encoding.UTF8.GetString(text.GetBuffer(), 0, (int)text.Length) + "\n";
    }
}
