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

    private static readonly Choice<Format> formats = new(("yaml", Format.Yaml), ("json", Format.Json));
    private static readonly Choice<Dry> dryRuns = new(("client", Dry.Client), ("server", Dry.Server));

    private readonly Option<Format> output = TypedOption.One(
        ["--output", "-o"], formats.Names, "With --dry-run=client: print exactly what would be applied. (default yaml)", formats.Read, Format.None);

    private readonly Option<Dry> rehearsal = TypedOption.One(
        ["--dry-run"], dryRuns.Names, "client: ask no cluster, print. server: let the cluster check and keep nothing.",
        dryRuns.Read, Dry.None);

    private readonly Option<TimeSpan> timeout = TypedOption.One(
        ["--timeout"], "DURATION", "How long to wait for relay and agents. (default 5m)", Duration.Read, TimeSpan.FromMinutes(5));

    private readonly Option<bool> noWait = new("--no-wait") { Description = "End once everything is applied." };

    private readonly Option<bool> force = new("--force")
    {
        Description = "Also over a newer version, and over what others have set.",
    };

    private readonly InstallOptions options = new();
    private readonly string program;
    private readonly OpenApiServer open;
    private readonly Terminal terminal;

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
        this.program = program;
        this.open = open;
        this.terminal = terminal;
        options.AddTo(this);
        Add(rehearsal);
        Add(output);
        Add(noWait);
        Add(timeout);
        Add(force);
        SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parse, CancellationToken cancellation)
    {
        Reading<InstallValues> values = options.Read(parse);
        if (values.Problem is { } problem)
            return terminal.Fail(problem);

        Dry dry = parse.GetValue(rehearsal);
        Format format = parse.GetValue(output);
        if (format != Format.None && dry != Dry.Client)
            return terminal.Fail("--output prints what would be applied: say --dry-run=client as well");

        IReadOnlyList<JsonObject> objects = InstallObjects.Build(values.Value, Version);
        if (dry == Dry.Client)
        {
            Certificates.Fill(objects, _ => null, terminal.Clock.GetUtcNow());
            terminal.Print(format == Format.Json ? Json(objects) : YamlText.Write(objects));
            return ExitCode.Success;
        }

        try
        {
            return await InstallAsync(parse, objects, values.Value, dry == Dry.Server, cancellation);
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            return terminal.Stopped("What is listed above was applied; install again goes on from there, uninstall removes it");
        }
    }

    private async Task<int> InstallAsync(
        ParseResult parse, IReadOnlyList<JsonObject> objects, InstallValues values, bool dryRun, CancellationToken cancellation)
    {
        IApiServer server = await open(parse, cancellation);
        bool forced = parse.GetValue(force);
        var installation = new Installation(
            server, values, terminal.Clock, line => terminal.Print(line + "\n"), terminal.Error.WriteLine);
        await installation.CheckAsync(objects, Version, forced, cancellation);
        int changed = await installation.ApplyAsync(objects, forced, dryRun, cancellation);
        if (dryRun)
            return ExitCode.Success;
        if (!parse.GetValue(noWait))
            await installation.WaitAsync(parse.GetValue(timeout), cancellation);
        else if (changed > 0)
        {
            terminal.Error.WriteLine($"Depmap {Version} is applied; relay and agents start now. Try: {program} status");
            return ExitCode.Success;
        }

        terminal.Error.WriteLine(changed == 0 ? $"Depmap {Version} was installed already: nothing changed." : $"Depmap {Version} is installed.");
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
