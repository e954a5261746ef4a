using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Depmap.Plugin.Install;

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
    public async Task What_would_be_applied_is_printed()
    {
        PluginRun run = await PluginRun.Of("install", "--dry-run=client");
        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        await Snapshot.Match(WithoutKeys(run.Output));
    }

    [Fact]
    public async Task Every_option_has_its_place()
    {
        PluginRun run = await PluginRun.Of(["install", "--dry-run=client", .. All]);
        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        await Snapshot.Match(WithoutKeys(run.Output));
    }

    [Fact]
    public async Task A_values_file_says_the_same_as_options()
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
        // An option wins over the file.
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
        IEnumerable<string> keys = run.Error.TrimEnd().Split("use one of ")[1].Split(", ").Select(key => key.Replace(".LABEL", "", StringComparison.Ordinal));
        using StreamReader text = File.OpenText(Path.Combine(Folder(), "../../chart", file));
        Assert.Equal(keys.Order(StringComparer.Ordinal), Leaves(YamlJson.Read(text).Single()!.AsObject(), "", below).Order(StringComparer.Ordinal));
    }

    private static IEnumerable<string> Leaves(JsonObject map, string path, string below) => (below.Length > 0 ? map["properties"]!.AsObject() : map)
        .Where(member => path + member.Key != "global") // Helm's own
        .SelectMany(member => member.Value is JsonObject inner && (below.Length > 0 ? inner.ContainsKey("properties") : inner.Count > 0)
            ? Leaves(inner, $"{path}{member.Key}.", below)
            : [path + member.Key]);

    private static string Folder([CallerFilePath] string file = "") => Path.GetDirectoryName(file)!;

    [Theory]
    [InlineData("relay: {flow: 5}", "relay.flow: no such key, did you mean relay.flows?")]
    [InlineData("- a", "the file holds no map of keys")]
    [InlineData("a: b: c", "line 1: ")]
    public async Task A_wrong_values_file_is_pointed_at(string text, string problem)
    {
        string file = Path.GetTempFileName();
        await File.WriteAllTextAsync(file, text);
        PluginRun run = await PluginRun.Of("install", "--dry-run=client", "--values", file);
        File.Delete(file);
        Assert.StartsWith($"error: invalid value \"{file}\" for --values: {problem}", run.Error);
        Assert.Equal(("", 1), (run.Output, run.ExitCode));
    }

    [Fact]
    public async Task Yaml_and_json_say_the_same()
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
    public void A_text_is_quoted_where_it_would_be_taken_for_another(string text, string written)
    {
        string yaml = YamlText.Write([new JsonObject { ["k"] = text }]);
        Assert.Equal($"k: {written}\n", yaml);
        Assert.Equal(text, (string?)YamlJson.Read(new StringReader(yaml)).Single()["k"]);
    }

    /// <summary>Keys and certificates are new each time.</summary>
    private static string WithoutKeys(string text) => Secret().Replace(text, "$1(made)$2");

    [GeneratedRegex("""((?:tls\.crt|tls\.key|ca\.crt)"?: "?)[A-Za-z0-9+/=]+("?)""")]
    private static partial Regex Secret();
}
