using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;
using Depmap.Plugin.Tests.Cluster;
using Depmap.Plugin.Yaml;

namespace Depmap.Plugin.Tests;

/// <summary>Values are checked before anything is printed or sent. ValueTableTests compares the checks with those of Helm.</summary>
public sealed class ValuesTests
{
    private static readonly JsonObject Schema = JsonNode.Parse(File.ReadAllText(ChartFile("values.schema.json")))!.AsObject();

    [Theory]
    [InlineData(
        "--set something=1",
        "\"something=1\" for --set: no such key, use one of namespace, registry, image, pullSecret, nodeSelector, tolerations, persist, "
            + "legacyCapabilities, openshift, certificates, agent, relay")]
    [InlineData("--set agent.resources.limits.=1",
        "\"agent.resources.limits.=1\" for --set: no such key, did you mean agent.resources.limits.cpu?")]
    [InlineData("--set persist.zzzzzzzzzzzzzzz=1",
        "\"persist.zzzzzzzzzzzzzzz=1\" for --set: no such key, use one of persist.size, persist.class")]
    [InlineData("--set agent.logLevel=loud", "\"agent.logLevel=loud\" for --set: use debug, info, warning or error")]
    [InlineData("--set relay.logLevel=debg", "\"relay.logLevel=debg\" for --set: use debug, info, warning or error, did you mean debug?")]
    [InlineData("--set agent.flowSlots=5000", "\"agent.flowSlots=5000\" for --set: use a power of two from 1024 to 1048576, or 0")]
    [InlineData("--set agent.maxConnections=many", "\"agent.maxConnections=many\" for --set: use a number from 1024 to 1048576")]
    [InlineData("--set relay.flows=1", "\"relay.flows=1\" for --set: use a number from 16 to 10000000")]
    [InlineData("--set relay.intakePort=65536", "\"relay.intakePort=65536\" for --set: use a number from 1 to 65535")]
    [InlineData("--values=", "\"\" for --values: use the name of a file")]
    [InlineData("--values /", "\"/\" for --values: cannot read the file: it is a folder")]
    [InlineData("--set legacyCapabilities=maybe", "\"legacyCapabilities=maybe\" for --set: use true or false")]
    [InlineData("--set openshift=4", "\"openshift=4\" for --set: use auto, true or false")]
    [InlineData("--set agent=1", "\"agent=1\" for --set: agent is a map: use agent.priorityClass or agent.logLevel or agent.flowSlots or "
        + "agent.maxConnections or agent.attach or agent.healthPort or agent.resources or agent.affinity or "
        + "agent.podAnnotations or agent.seLinuxType")]
    [InlineData("--set agent.affinity.nodeAffinity=x",
        "\"agent.affinity.nodeAffinity=x\" for --set: agent.affinity.nodeAffinity is a map: use a values file")]
    [InlineData("--set agent.resources.limits.memory=lots",
        "\"agent.resources.limits.memory=lots\" for --set: use a size such as 1Gi")]
    [InlineData(
        "--set nodeSelector.a/b/c=d",
        "\"nodeSelector.a/b/c=d\" for --set: a/b/c: use the name of a label, such as kubernetes.io/os")]
    [InlineData("--registry https://example.com",
        "\"https://example.com\" for --registry: use a registry and a path without https://, such as registry.example.com/depmap")]
    [InlineData("--image relay=Example/Relay:",
        "\"relay=Example/Relay:\" for --image: use the reference of an image without https://, such as "
            + "registry.example.com/depmap-agent:1.0.0")]
    [InlineData("--persist abc", "\"abc\" for --persist: use a size such as 1Gi")]
    [InlineData("--persist 1Gi --persist-class A",
        "\"A\" for --persist-class: use a name of lowercase letters, digits, hyphens and dots, such as my-name")]
    [InlineData("-n Bad_Name",
        "\"Bad_Name\" for --namespace: use a name of lowercase letters, digits and hyphens with at most 56 characters, such as depmap")]
    [InlineData("--node-selector pool=-",
        "\"pool=-\" for --node-selector: use the value of a label: at most 63 letters, digits, hyphens, dots and underscores")]
    [InlineData(
        "--pull-secret a_b",
        "\"a_b\" for --pull-secret: use a name of lowercase letters, digits, hyphens and dots, such as my-name")]
    public async Task An_invalid_value_is_refused_before_anything_is_printed_or_sent(string options, string error)
    {
        foreach (string command in (string[])["install --dry-run=client", "install", "try"])
        {
            FakeApiServer server = FakeApiServer.Ready();
            PluginRun run = await PluginRun.Of([.. command.Split(' '), .. options.Split(' ')], [], server: server);
            Assert.Equal(new PluginRun(1, "", $"error: invalid value {error}\n"), run);
            Assert.Empty(server.Requests);
        }
    }

    [Fact]
    public async Task An_invalid_registry_in_the_environment_is_refused()
    {
        PluginRun run = await PluginRun.Of(["install"], new() { ["DEPMAP_REGISTRY"] = "http://x" });
        Assert.StartsWith("error: invalid value \"http://x\" for DEPMAP_REGISTRY: use a registry and a path without https://", run.Error);
    }

    [Theory]
    [InlineData("tolerations=a,b", "tolerations={a,b}")]
    [InlineData("nodeSelector.kubernetes.io/os=linux", "nodeSelector.kubernetes\\.io/os=linux")]
    [InlineData("agent.logLevel=null", "agent.logLevel=info")]
    public async Task Set_accepts_the_syntax_of_Helm_as_well(string ours, string helms)
    {
        PluginRun run = await PluginRun.Of("install", "--dry-run=client", "--set", ours);
        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        PluginRun same = await PluginRun.Of("install", "--dry-run=client", "--set", helms);
        Assert.Equal(WithoutRandom(run.Output), WithoutRandom(same.Output));
    }

    [Fact]
    public async Task A_later_file_overrides_single_values_of_an_earlier_one()
    {
        using var folder = new TemporaryFolder();
        string first = folder.Write("first.yaml", "agent: {logLevel: debug, attach: tcx}\nnodeSelector: {a: b}\n");
        string second = folder.Write("second.yaml", "agent: {logLevel: warning}\nnodeSelector: {c: d}\n");
        PluginRun run = await PluginRun.Of("install", "--dry-run=client", "--values", first, "--values", second);
        Assert.Contains("  DEPMAP_ATTACH: tcx\n", run.Output);
        Assert.Contains("  DEPMAP_LOG_LEVEL: warning\n", run.Output);
        Assert.Contains("        a: b\n        c: d\n", run.Output);
    }

    // SchemaPart reads no others.
    [Fact]
    public void The_schema_uses_only_the_keywords_that_the_plugin_reads()
    {
        HashSet<string> known =
        [
            "$schema", "$comment", "$ref", "description", "type", "enum", "pattern", "maxLength", "minimum", "maximum", "properties",
            "additionalProperties", "propertyNames", "items", "definitions",
        ];
        Assert.Empty(Keywords(Schema).Except(known));
    }

    [Fact]
    public void The_values_of_the_chart_have_the_keys_of_the_schema()
    {
        using StreamReader text = File.OpenText(ChartFile("values.yaml"));
        IEnumerable<string> given = Leaves(YamlJson.Read(text).Single()!.AsObject(), "");
        Assert.Equal(Keys(Schema, "").Order(StringComparer.Ordinal), given.Order(StringComparer.Ordinal));
    }

    private static IEnumerable<string> Keywords(JsonObject schema) => schema.SelectMany(member => (member.Key, member.Value) switch
    {
        ("properties" or "definitions", JsonObject parts) =>
            parts.SelectMany(part => Keywords(part.Value!.AsObject())).Prepend(member.Key),
        (_, JsonObject part) => Keywords(part).Prepend(member.Key),
        _ => [member.Key],
    });

    private static IEnumerable<string> Leaves(JsonObject map, string path) => map.SelectMany(
        member => member.Value is JsonObject { Count: > 0 } inner ? Leaves(inner, $"{path}{member.Key}.") : [path + member.Key]);

    private static IEnumerable<string> Keys(JsonObject schema, string path) => schema["properties"]!.AsObject()
        .Where(member => path + member.Key != "global") // Helm's own value
        .Select(member => (member.Key, Part: Resolve(member.Value!.AsObject())))
        .SelectMany(member => member.Part.ContainsKey("properties") ? Keys(member.Part, $"{path}{member.Key}.") : [path + member.Key]);

    private static JsonObject Resolve(JsonObject part) => (string?)part["$ref"] is { } reference
        ? Schema["definitions"]![reference["#/definitions/".Length..]]!.AsObject()
        : part;

    private static string WithoutRandom(string yaml) => string.Join('\n', yaml.Split('\n').Where(
        line => !line.Contains(".crt:", StringComparison.Ordinal) && !line.Contains(".key:", StringComparison.Ordinal)
            && !line.Contains("depmap/settings:", StringComparison.Ordinal)));

    private static string ChartFile(string name, [CallerFilePath] string file = "") =>
        Path.Combine(Path.GetDirectoryName(file)!, "../../chart", name);
}
