using System.Text.Json.Nodes;

namespace Depmap.Cluster.Tests;

/// <summary>The Helm chart renders the objects that <c>kubectl depmap install</c> applies. Needs Helm, but no cluster.</summary>
public sealed class ChartTests(PackedChart chart) : IClassFixture<PackedChart>
{
    private const string AllValues = """
        namespace: watch
        registry: example.com/depmap
        image: {agent: "example.com/agent:2", relay: "example.com/relay:3"}
        pullSecret: pull
        nodeSelector: {pool: web, disk: fast}
        tolerations: ["dedicated=web:NoSchedule", spot]
        persist: {size: 2Gi, class: fast}
        legacyCapabilities: true
        certificates: {existingSecrets: {relay: "1", agent: mine}}
        openshift: true
        agent:
          logLevel: warning
          flowSlots: 1048576
          maxConnections: 1000000
          attach: tcx
          healthPort: 19472
          resources: {requests: {cpu: 100m, memory: 64Mi}, limits: {cpu: 1, memory: 1Gi}}
          affinity: {nodeAffinity: {preferredDuringSchedulingIgnoredDuringExecution: []}}
          podAnnotations: {example.com/team: net, linkerd.io/inject: enabled}
          seLinuxType: depmap_t
          priorityClass: critical
        relay:
          logLevel: debug
          flows: 4096
          maxFlows: 400000
          maxEdges: 50000
          outsideCidr: [10.0.0.0/8=office, "fd00:1::/32=lab"]
          retain: 3d
          retainSize: 500MiB
          intakePort: 19471
          healthPort: 19473
          resources: {requests: {cpu: 0.5, memory: 128Mi}, limits: {cpu: "2", memory: 2Gi}}
          affinity: {podAntiAffinity: {requiredDuringSchedulingIgnoredDuringExecution: []}}
          podAnnotations: {example.com/team: net}
        """;

    /// <summary>Excluded by others of <see cref="AllValues"/>.</summary>
    private const string Excluded = "certificates.certManager.issuer";

    private const string Digest = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

    /// <summary>Values for keys of the schema. Other keys have an <c>enum</c> and are tested with each of its values.</summary>
    private static readonly Dictionary<string, string[]> Samples = new(StringComparer.Ordinal)
    {
        ["namespace"] = ["namespace: watch", "namespace: \"123\""],
        ["registry"] = ["registry: example.com/depmap", "registry: example.com/depmap/"],
        ["image.agent"] = ["image: {agent: \"example.com/agent:2\"}"],
        ["image.relay"] = [$"image: {{relay: \"example.com/relay:3@sha256:{Digest}\"}}"],
        ["pullSecret"] = ["pullSecret: pull", "pullSecret: \"123\""],
        ["nodeSelector"] = ["nodeSelector: {pool: web, disk: \"1\"}", "nodeSelector: {kubernetes.io/os: other}"],
        ["tolerations"] =
        [
            "tolerations: [spot]", "tolerations: [\"a=\"]", "tolerations: [\"a=b\"]", "tolerations: [\"a:NoExecute\"]",
            "tolerations: [\"dedicated=web:NoSchedule\", \"true\"]",
        ],
        ["persist.size"] = ["persist: {size: 2Gi}", "persist: {size: \"1000000\"}"],
        ["persist.class"] = ["persist: {size: 2Gi, class: fast}"],
        ["legacyCapabilities"] = ["legacyCapabilities: true"],
        // Without a cluster, "auto" means false.
        ["openshift"] = ["openshift: true"],
        ["certificates.existingSecrets.relay"] = ["certificates: {existingSecrets: {relay: mine, agent: \"1\"}}"],
        ["certificates.existingSecrets.agent"] = ["{certificates: {existingSecrets: {relay: mine, agent: a}}, persist: {size: 1Gi}}"],
        ["certificates.certManager.issuer"] =
        [
            "certificates: {certManager: {issuer: ClusterIssuer/ca}}", "certificates: {certManager: {issuer: Issuer/a.b}}",
            "{certificates: {certManager: {issuer: Issuer/ca}}, namespace: watch, persist: {size: 1Gi}}",
        ],
        ["agent.priorityClass"] = ["agent: {priorityClass: system-cluster-critical}"],
        ["agent.flowSlots"] = ["agent: {flowSlots: 0}", "agent: {flowSlots: 1048576}"],
        ["agent.maxConnections"] = ["agent: {maxConnections: 1000000}"],
        ["agent.healthPort"] = ["agent: {healthPort: 19472}"],
        ["agent.resources.requests.cpu"] = ["agent: {resources: {requests: {cpu: 1}}}", "agent: {resources: {requests: {cpu: null}}}"],
        ["agent.resources.requests.memory"] = ["agent: {resources: {requests: {memory: 64Mi}}}"],
        ["agent.resources.limits.cpu"] = ["agent: {resources: {limits: {cpu: 0.5}}}"],
        ["agent.resources.limits.memory"] = ["agent: {resources: {limits: {memory: null}}}"],
        ["agent.affinity"] =
        [
            "agent: {affinity: {nodeAffinity: {preferredDuringSchedulingIgnoredDuringExecution: []}}}",
            "agent: {affinity: {nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: ["
                + "{matchExpressions: [{key: pool, operator: Exists}]}, {matchFields: []}]}}}}",
        ],
        ["agent.podAnnotations"] = ["agent: {podAnnotations: {a: \"1\", linkerd.io/inject: enabled}}"],
        ["agent.seLinuxType"] = ["agent: {seLinuxType: spc_t}"],
        ["relay.flows"] = ["relay: {flows: 4096}"],
        ["relay.maxFlows"] = ["relay: {maxFlows: 400000}"],
        ["relay.maxEdges"] = ["relay: {maxEdges: 50000}"],
        ["relay.outsideCidr"] = ["relay: {outsideCidr: [10.0.0.0/8=office, \"fd00:1::/32=lab\"]}"],
        ["relay.retain"] = ["relay: {retain: 36h}"],
        ["relay.retainSize"] = ["relay: {retainSize: 20GiB}"],
        ["relay.intakePort"] = ["relay: {intakePort: 19471}"],
        ["relay.healthPort"] = ["relay: {healthPort: 19473}"],
        ["relay.resources.requests.cpu"] = ["relay: {resources: {requests: {cpu: 200m}}}"],
        ["relay.resources.requests.memory"] = ["relay: {resources: {requests: {memory: 64Mi}, limits: {memory: null}}}"],
        ["relay.resources.limits.cpu"] = ["relay: {resources: {limits: {cpu: \"2\"}}}"],
        ["relay.resources.limits.memory"] = ["relay: {resources: {limits: {memory: 1Gi}}}"],
        ["relay.affinity"] = ["relay: {affinity: {podAffinity: {}, podAntiAffinity: {}}}"],
        ["relay.podAnnotations"] = ["relay: {podAnnotations: {example.com/team: net}}"],
    };

    public static TheoryData<string> SingleValues()
    {
        var data = new TheoryData<string>();
        foreach (string values in Samples.Values.SelectMany(values => values))
            data.Add(values);
        foreach (string key in ChartSchema.Keys.Keys.Except(Samples.Keys))
        {
            foreach (string value in ChartSchema.EnumOf(key))
                data.Add(NestedYaml(key, value));
        }

        return data;
    }

    [Fact]
    public void Each_key_of_the_schema_has_values_to_test()
    {
        Assert.Empty(Samples.Keys.Except(ChartSchema.Keys.Keys));
        Assert.All(ChartSchema.Keys.Keys.Except(Samples.Keys), key => Assert.NotEmpty(ChartSchema.EnumOf(key)));
        JsonObject all = Assert.Single(RenderedObjects.Read(AllValues));
        Assert.All(
            ChartSchema.Keys.Keys.Where(key => key != Excluded),
            key => Assert.NotNull(key.Split('.').Aggregate((JsonNode?)all, (node, name) => node?[name])));
    }

    [Theory]
    [MemberData(nameof(SingleValues))]
    public async Task One_value_changes_the_chart_as_it_changes_install(string values)
    {
        IReadOnlyList<JsonObject> rendered = await chart.TemplateAsync(values);
        AssertSame(await chart.InstallAsync(values), rendered);
        Assert.NotEqual(chart.Defaults.Select(RenderedObjects.Comparable), rendered.Select(RenderedObjects.Comparable));
    }

    [Theory]
    [InlineData("")]
    [InlineData(AllValues)]
    public async Task All_values_or_none_give_the_objects_of_install(string values) =>
        AssertSame(await chart.InstallAsync(values), await chart.TemplateAsync(values));

    [Fact]
    public async Task The_namespace_of_the_release_is_used_and_not_created()
    {
        IReadOnlyList<JsonObject> installed = await chart.InstallAsync("", "--namespace obs");
        IEnumerable<JsonObject> expected = installed.Where(resource => RenderedObjects.NameOf(resource) != "Namespace /obs");
        AssertSame([.. expected], await chart.TemplateAsync("", "--namespace obs"));
    }

    [Fact]
    public async Task Rendered_twice_the_objects_are_the_same_and_contain_no_key()
    {
        const string template = "helm template eyes $CHART --kube-version 1.34.0";
        string[] rendered = [await chart.RunAsync(template), await chart.RunAsync(template)];
        Assert.Equal(rendered[0], rendered[1]);
        IEnumerable<JsonObject> secrets = RenderedObjects.Read(rendered[0]).Where(one => (string?)one["kind"] == "Secret");
        Assert.Equal(2, secrets.Count());
        Assert.All(secrets, secret => Assert.False(secret.ContainsKey("data") || secret.ContainsKey("stringData")));
    }

    [Theory]
    [InlineData("certificates: {existingSecrets: {relay: a}}", "certificates.existingSecrets needs both relay and agent")]
    [InlineData(
        "certificates: {existingSecrets: {relay: a, agent: b}, certManager: {issuer: Issuer/c}}",
        "certificates.existingSecrets and certificates.certManager.issuer cannot be used together")]
    public async Task Values_that_exclude_each_other_are_rejected_as_by_install(string values, string reason)
    {
        string refusal = await chart.RunAsync("! helm template eyes $CHART --kube-version 1.34.0 --values - <<<$VALUES 2>&1", values);
        Assert.Contains(reason, refusal, StringComparison.Ordinal);
        Assert.Equal(
            $"error: {reason}\n",
            await chart.RunAsync($"! {Installation.Plugin} install --dry-run=client --values /dev/stdin <<<$VALUES 2>&1", values));
    }

    [Fact]
    public async Task On_OpenShift_the_chart_adds_what_install_adds_there() => AssertSame(
        await chart.InstallAsync("openshift: true"), await chart.TemplateAsync("", "--api-versions security.openshift.io/v1"));

    [Fact]
    public async Task A_chart_of_a_release_names_its_images_with_their_digests()
    {
        string images = await chart.RunAsync($"""
            trap '"$ROOT/scripts/chart.sh" >/dev/null' EXIT
            REGISTRY=ghcr.io/depmap AGENT_DIGEST=sha256:{Digest} "$ROOT/scripts/chart.sh" >/dev/null
            helm template eyes $CHART --kube-version 1.34.0 | sed -n 's/^ *image: //p'
            """);
        Assert.Equal($"\"ghcr.io/depmap/depmap-agent:0.1.0@sha256:{Digest}\"\n\"ghcr.io/depmap/depmap-relay:0.1.0\"\n", images);
    }

    [Fact]
    public async Task A_chart_without_a_registry_says_what_to_do()
    {
        string error = await chart.RunAsync("""
            trap '"$ROOT/scripts/chart.sh" >/dev/null' EXIT
            (REGISTRY='' "$ROOT/scripts/chart.sh") >/dev/null
            ! helm template eyes $CHART --kube-version 1.34.0 2>&1
            """);
        Assert.Contains(
            "this chart names no image registry. Build the images (make image), push or load them, and use --set registry=REGISTRY",
            error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Lint_reports_nothing()
    {
        string output = await chart.RunAsync("helm lint --strict $CHART");
        Assert.Contains("1 chart(s) linted, 0 chart(s) failed", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_archive_has_the_same_bytes_each_time()
    {
        string sums = await chart.RunAsync("""
            sha256sum "$CHART"-*.tgz
            (umask 077; sleep 1; "$ROOT/scripts/chart.sh" >/dev/null)
            sha256sum "$CHART"-*.tgz
            """);
        string[] lines = sums.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(2, lines.Length);
        Assert.Equal(lines[0], lines[1]);
    }

    private static void AssertSame(IReadOnlyList<JsonObject> installed, IReadOnlyList<JsonObject> rendered)
    {
        Assert.Equal(installed.Select(RenderedObjects.NameOf).Order(StringComparer.Ordinal),
            rendered.Select(RenderedObjects.NameOf).Order(StringComparer.Ordinal));
        ILookup<string, JsonObject> byName = installed.ToLookup(RenderedObjects.NameOf, StringComparer.Ordinal);
        foreach (JsonObject resource in rendered)
        {
            string expected = RenderedObjects.Comparable(Assert.Single(byName[RenderedObjects.NameOf(resource)]));
            // Each tool writes its own name into this label.
            expected = expected.Replace("managed-by\": \"kubectl-depmap\"", "managed-by\": \"Helm\"", StringComparison.Ordinal);
            Assert.Equal(expected, RenderedObjects.Comparable(resource));
        }
    }

    /// <returns>For <c>agent.attach</c> and <c>tcx</c>: <c>agent: {attach: tcx}</c>.</returns>
    private static string NestedYaml(string key, string value)
    {
        string[] names = key.Split('.');
        string inner = names[1..].Reverse().Aggregate(value, (text, name) => $"{{{name}: {text}}}");
        return $"{names[0]}: {inner}";
    }
}
