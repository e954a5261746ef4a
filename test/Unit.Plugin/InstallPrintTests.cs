using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Depmap.Plugin.Yaml;

namespace Depmap.Plugin.Tests;

public sealed partial class InstallPrintTests
{
    private static readonly string[] All =
    [
        "--namespace", "watch", "--registry", "example/depmap/", "--image", "relay=example/other:2", "--pull-secret", "pull",
        "--node-selector", "pool=web,disk=fast", "--tolerations", "dedicated=web:NoSchedule,spot", "--persist", "2Gi",
        "--persist-class", "fast", "--legacy-capabilities", "--set", "agent.flowSlots=4096", "--set", "relay.logLevel=debug",
    ];

    [Fact]
    public async Task A_client_dry_run_prints_the_objects()
    {
        PluginRun run = await PluginRun.Of("install", "--dry-run=client");
        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        await Snapshot.Match(WithoutKeys(run.Output));
    }

    [Fact]
    public async Task Every_option_changes_the_objects()
    {
        PluginRun run = await PluginRun.Of(["install", "--dry-run=client", .. All]);
        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        await Snapshot.Match(WithoutKeys(run.Output));
    }

    [Fact]
    public async Task A_values_file_has_the_same_effect_as_options()
    {
        string file = Path.GetTempFileName();
        await File.WriteAllTextAsync(file, """
            namespace: watch
            registry: example/depmap
            image:
              relay: example/other:2
            pullSecret: pull
            nodeSelector: {pool: web, disk: fast}
            tolerations: ["dedicated=web:NoSchedule", spot]
            persist: {size: 2Gi, class: fast}
            legacyCapabilities: true
            agent: {flowSlots: 4096, logLevel: }
            relay:
              logLevel: error
            """);
        PluginRun expected = await PluginRun.Of(["install", "--dry-run=client", .. All]);
        // The option overrides the file.
        PluginRun run = await PluginRun.Of("install", "--dry-run=client", "--values", file, "--set", "relay.logLevel=debug");
        File.Delete(file);
        Assert.Equal("", run.Error);
        Assert.Equal(WithoutKeys(expected.Output), WithoutKeys(run.Output));
    }

    [Theory]
    [InlineData("values.yaml", "")]
    [InlineData("values.schema.json", "properties.")]
    public async Task The_chart_has_the_same_keys(string file, string below)
    {
        PluginRun run = await PluginRun.Of("install", "--dry-run=client", "--set", "zzzzzzzzzzzz=1");
        IEnumerable<string> keys = run.Error.TrimEnd().Split("use one of ")[1].Split(", ")
            .Select(key => key.Replace(".LABEL", "", StringComparison.Ordinal));
        using StreamReader text = File.OpenText(Path.Combine(Folder(), "../../chart", file));
        IEnumerable<string> leaves = Leaves(YamlJson.Read(text).Single()!.AsObject(), "", below);
        Assert.Equal(keys.Order(StringComparer.Ordinal), leaves.Order(StringComparer.Ordinal));
    }

    private static IEnumerable<string> Leaves(JsonObject map, string path, string below) =>
        (below.Length > 0 ? map["properties"]!.AsObject() : map)
        .Where(member => path + member.Key != "global") // Helm's own value
        .SelectMany(member => member.Value is JsonObject inner && (below.Length > 0 ? inner.ContainsKey("properties") : inner.Count > 0)
            ? Leaves(inner, $"{path}{member.Key}.", below)
            : [path + member.Key]);

    private static string Folder([CallerFilePath] string file = "") => Path.GetDirectoryName(file)!;

    [Theory]
    [InlineData("relay: {flow: 5}", "relay.flow: no such key, did you mean relay.flows?")]
    [InlineData("- a", "the file is not a map of keys")]
    [InlineData("a: b: c", "line 1: ")]
    public async Task An_error_in_a_values_file_names_its_place(string text, string error)
    {
        string file = Path.GetTempFileName();
        await File.WriteAllTextAsync(file, text);
        PluginRun run = await PluginRun.Of("install", "--dry-run=client", "--values", file);
        File.Delete(file);
        Assert.StartsWith($"error: invalid value \"{file}\" for --values: {error}", run.Error);
        Assert.Equal(("", 1), (run.Output, run.ExitCode));
    }

    [Fact]
    public async Task YAML_and_JSON_contain_the_same_objects()
    {
        PluginRun yaml = await PluginRun.Of("install", "--dry-run=client", "-o", "yaml");
        PluginRun json = await PluginRun.Of("install", "--dry-run=client", "-o", "json");
        JsonArray fromYaml = [.. YamlJson.Read(new StringReader(WithoutKeys(yaml.Output)))];
        JsonNode fromJson = JsonNode.Parse(WithoutKeys(json.Output))!["items"]!;
        Assert.Equal(fromJson.ToJsonString(), fromYaml.ToJsonString());
    }

    [Theory]
    [InlineData("plain", "plain")]
    [InlineData("5", "\"5\"")]
    [InlineData("true", "\"true\"")]
    [InlineData("no", "\"no\"")]
    [InlineData("", "\"\"")]
    [InlineData("a: b", "\"a: b\"")]
    [InlineData("- a", "\"- a\"")]
    [InlineData("a #b", "\"a #b\"")]
    [InlineData("25%", "\"25%\"")]
    [InlineData("--relay=a.b.svc:9471", "--relay=a.b.svc:9471")]
    [InlineData("x/y:1.0", "x/y:1.0")]
    [InlineData("two\nlines", "\"two\\nlines\"")]
    public void A_string_is_quoted_if_it_would_be_read_as_another_type(string text, string written)
    {
        string yaml = YamlText.Write([new JsonObject { ["k"] = text }]);
        Assert.Equal($"k: {written}\n", yaml);
        Assert.Equal(text, (string?)YamlJson.Read(new StringReader(yaml)).Single()["k"]);
    }

    /// <summary>Removes keys and certificates, which are different in each run.</summary>
    private static string WithoutKeys(string text) => Secret().Replace(text, "$1(generated)$2");

    [GeneratedRegex("""((?:tls\.crt|tls\.key|ca\.crt)"?: "?)[A-Za-z0-9+/=]+("?)""")]
    private static partial Regex Secret();
}
