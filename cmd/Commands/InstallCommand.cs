using System.CommandLine;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Depmap.Daemon;
using Depmap.Plugin.Install;
using Depmap.Plugin.Shell;

namespace Depmap.Plugin.Commands;

/// <summary>Puts Depmap into the cluster, or prints what would be put there.</summary>
internal sealed class InstallCommand : Command
{
    private enum Format { None, Yaml, Json }

    private enum Dry { None, Client }

    private static readonly Choice<Format> formats = new(("yaml", Format.Yaml), ("json", Format.Json));
    private static readonly Choice<Dry> dryRuns = new(("client", Dry.Client));

    private readonly Option<Format> output = TypedOption.One(
        ["--output", "-o"], formats.Names, "With --dry-run=client: print exactly what would be applied. (default yaml)", formats.Read, Format.None);

    private readonly Option<Dry> dryRun = TypedOption.One(
        ["--dry-run"], dryRuns.Names, "client: ask no cluster, apply nothing.", dryRuns.Read, Dry.None);

    private readonly InstallOptions options = new();
    private readonly string program;
    private readonly Terminal terminal;

    public InstallCommand(string program, Terminal terminal)
        : base(
            "install",
            $"""
            Put Depmap into the cluster.

            Examples:
              # See first what would be applied
              {program} install --dry-run=client -o yaml

              # Images from a registry of one's own
              {program} install --registry example/depmap --pull-secret pull
            """)
    {
        this.program = program;
        this.terminal = terminal;
        options.AddTo(this);
        Add(dryRun);
        Add(output);
        SetAction(Run);
    }

    private int Run(ParseResult parse)
    {
        Reading<InstallValues> values = options.Read(parse);
        if (values.Problem is { } problem)
            return terminal.Fail(problem);

        if (parse.GetValue(dryRun) != Dry.Client)
            return terminal.Fail($"this version only prints what it would apply. Try: {program} install --dry-run=client | kubectl apply --server-side -f -");

        IReadOnlyList<JsonObject> objects = InstallObjects.Build(values.Value, Version);
        Certificates.Fill(objects, _ => null, terminal.Clock.GetUtcNow());
        terminal.Print(parse.GetValue(output) == Format.Json ? Json(objects) : YamlText.Write(objects));
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
