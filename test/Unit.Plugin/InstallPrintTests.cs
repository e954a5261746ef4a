using System.Text.Json.Nodes;
using Depmap.Plugin.Objects;
using Depmap.Plugin.Yaml;

namespace Depmap.Plugin.Tests;

public sealed class InstallPrintTests
{
    private static readonly string[] All =
    [
        "--namespace", "watch", "--registry", "example.com/depmap/", "--image", "relay=example/other:2", "--pull-secret", "pull",
        "--node-selector", "pool=web,disk=fast", "--tolerations", "dedicated=web:NoSchedule,spot", "--persist", "2Gi",
        "--persist-class", "fast", "--legacy-capabilities", "--set", "agent.flowSlots=4096", "--set", "relay.logLevel=debug",
        "--set", "agent.healthPort=19472", "--set", "relay.intakePort=19471", "--set", "relay.healthPort=19473",
        "--set", "agent.resources.limits.memory=512Mi", "--set", "relay.resources.limits.memory=null",
        "--set", "relay.resources.limits.cpu=2",
        "--set", "agent.podAnnotations.example\\.com/team=net", "--set", "agent.seLinuxType=spc_t", "--set", "openshift=true",
    ];

    [Fact]
    public async Task A_client_dry_run_prints_the_objects()
    {
        PluginRun run = await PluginRun.Of("install", "--dry-run=client");
        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        await Snapshot.Match(run.Output);
    }

    [Fact]
    public async Task Every_option_changes_the_objects()
    {
        PluginRun run = await PluginRun.Of(["install", "--dry-run=client", .. All]);
        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        await Snapshot.Match(run.Output);
    }

    [Fact]
    public async Task Two_dry_runs_print_the_same_and_no_certificate()
    {
        PluginRun first = await PluginRun.Of("install", "--dry-run=client"), second = await PluginRun.Of("install", "--dry-run=client");
        Assert.Equal(first.Output, second.Output);
        foreach (JsonObject secret in YamlJson.Read(new StringReader(first.Output)).OfType<JsonObject>().Where(one => one.Kind == "Secret"))
            Assert.Equal(["apiVersion", "kind", "metadata", "type"], secret.Select(member => member.Key));
    }

    [Theory]
    [InlineData("certificates.existingSecrets.relay=a,certificates.existingSecrets.agent=b")]
    [InlineData("certificates.certManager.issuer=Issuer/ca")]
    public async Task With_certificates_of_others_the_relay_makes_none(string values)
    {
        IEnumerable<string> set = values.Split(',').SelectMany(value => (string[])["--set", value]);
        PluginRun run = await PluginRun.Of(["install", "--dry-run=client", "--namespace", "watch", .. set]);
        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        JsonObject[] objects = [.. YamlJson.Read(new StringReader(run.Output)).Cast<JsonObject>()];
        JsonNode relay = PodOf(objects, "Deployment"), agent = PodOf(objects, "DaemonSet");
        var pods = new JsonObject
        {
            ["relayArguments"] = relay["containers"]![0]!["args"]!.DeepClone(),
            ["relayMounts"] = relay["containers"]![0]!["volumeMounts"]!.DeepClone(),
            ["relayVolumes"] = relay["volumes"]!.DeepClone(),
            ["agentVolumes"] = agent["volumes"]!.DeepClone(),
        };
        string[] kinds = ["Certificate", "Secret", "Role", "RoleBinding"];
        await Snapshot.Match(
            YamlText.Write([.. objects.Where(resource => kinds.Contains(resource.Kind)), pods]), values.Split('.')[1]);
    }

    private static JsonNode PodOf(IEnumerable<JsonObject> objects, string kind) =>
        objects.Single(resource => resource.Kind == kind)["spec"]!["template"]!["spec"]!;

    [Theory]
    [InlineData("certificates.existingSecrets.relay=a", "error: certificates.existingSecrets needs both relay and agent\n")]
    [InlineData("certificates.existingSecrets.agent=a", "error: certificates.existingSecrets needs both relay and agent\n")]
    [InlineData(
        "certificates.existingSecrets.relay=a,certificates.existingSecrets.agent=b,certificates.certManager.issuer=Issuer/c",
        "error: certificates.existingSecrets and certificates.certManager.issuer cannot be used together\n")]
    [InlineData(
        "certificates.certManager.issuer=ca",
        "error: invalid value \"certificates.certManager.issuer=ca\" for --set: use ClusterIssuer/NAME or Issuer/NAME\n")]
    public async Task Certificates_have_one_source(string values, string error)
    {
        IEnumerable<string> set = values.Split(',').SelectMany(value => (string[])["--set", value]);
        Assert.Equal(new PluginRun(1, "", error), await PluginRun.Of(["install", "--dry-run=client", .. set]));
    }

    [Fact]
    public async Task A_values_file_has_the_same_effect_as_options()
    {
        string file = Path.GetTempFileName();
        await File.WriteAllTextAsync(file, """
            namespace: watch
            registry: example.com/depmap
            image:
              relay: example/other:2
            pullSecret: pull
            nodeSelector: {pool: web, disk: fast}
            tolerations: ["dedicated=web:NoSchedule", spot]
            persist: {size: 2Gi, class: fast}
            legacyCapabilities: true
            agent: {flowSlots: 4096, logLevel: }
            openshift: true
            relay:
              logLevel: error
              intakePort: 19471
              healthPort: 19473
              resources: {limits: {memory: null, cpu: 2}}
            ---
            agent:
              healthPort: 19472
              resources: {limits: {memory: 512Mi}}
              podAnnotations: {example.com/team: net}
              seLinuxType: spc_t
            """);
        PluginRun expected = await PluginRun.Of(["install", "--dry-run=client", .. All]);
        // The option overrides the file.
        PluginRun run = await PluginRun.Of("install", "--dry-run=client", "-f", file, "--set", "relay.logLevel=debug");
        File.Delete(file);
        Assert.Equal("", run.Error);
        Assert.Equal(expected.Output, run.Output);
    }

    [Theory]
    [InlineData("relay: {flow: 5}", "relay.flow: no such key, did you mean relay.flows?")]
    [InlineData("agent: {logLevel: loud}", "agent.logLevel is \"loud\", use debug, info, warning or error")]
    [InlineData("pullSecret: 5", "pullSecret is \"5\", use a name of lowercase letters, digits, hyphens and dots, such as my-name")]
    [InlineData("agent: {podAnnotations: {a: 1}}", "agent.podAnnotations.a is \"1\", use text; quote numbers, true and false")]
    [InlineData("agent: {affinity: {node: {}}}", "agent.affinity is \"node\", use nodeAffinity, podAffinity or podAntiAffinity")]
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
        JsonArray fromYaml = [.. YamlJson.Read(new StringReader(yaml.Output))];
        JsonNode fromJson = JsonNode.Parse(json.Output)!["items"]!;
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
}
