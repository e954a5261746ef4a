using System.Security.Cryptography.X509Certificates;
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
        agent: {logLevel: warning, flowSlots: 1048576, maxConnections: 1000000, attach: tcx}
        relay: {logLevel: debug, flows: 4096, maxEdges: 50000}
        """;

    /// <summary>Values for each key of the schema. Keys with an <c>enum</c> are tested with each of its values.</summary>
    private static readonly Dictionary<string, string[]> Samples = new(StringComparer.Ordinal)
    {
        ["namespace"] = ["namespace: watch", "namespace: \"123\""],
        ["registry"] = ["registry: example.com/depmap", "registry: example.com/depmap/"],
        ["image.agent"] = ["image: {agent: \"example.com/agent:2\"}"],
        ["image.relay"] = ["image: {relay: \"example.com/relay@sha256:0123\"}"],
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
        ["agent.flowSlots"] = ["agent: {flowSlots: 0}", "agent: {flowSlots: 1048576}"],
        ["agent.maxConnections"] = ["agent: {maxConnections: 1000000}"],
        ["relay.flows"] = ["relay: {flows: 4096}"],
        ["relay.maxEdges"] = ["relay: {maxEdges: 50000}"],
    };

    public static TheoryData<string> SingleValues()
    {
        var data = new TheoryData<string>();
        foreach (string values in Samples.Values.SelectMany(values => values))
            data.Add(values);
        foreach (string key in ChartSchema.Keys.Keys)
        {
            foreach (string value in ChartSchema.EnumOf(key))
                data.Add(NestedYaml(key, value));
        }

        return data;
    }

    [Fact]
    public void Each_key_of_the_schema_has_values_to_test()
    {
        IEnumerable<string> withoutEnum = ChartSchema.Keys.Keys.Where(key => !ChartSchema.EnumOf(key).Any());
        Assert.Equal(withoutEnum.Order(StringComparer.Ordinal), Samples.Keys.Order(StringComparer.Ordinal));
        JsonObject all = Assert.Single(RenderedObjects.Read(AllValues));
        Assert.All(ChartSchema.Keys.Keys, key => Assert.NotNull(key.Split('.').Aggregate((JsonNode?)all, (node, name) => node?[name])));
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

    [Theory]
    [InlineData("depmap-authority")]
    [InlineData("depmap-relay-tls")]
    [InlineData("depmap-agent-tls")]
    public async Task Certificates_have_the_names_and_the_lifetime_of_those_of_install(string secret)
    {
        JsonObject expected = DataOf(await chart.InstallAsync(""), secret);
        JsonObject actual = DataOf(await chart.TemplateAsync(""), secret);
        Assert.Equal(expected.Select(member => member.Key).Append("issued").Order(), actual.Select(member => member.Key).Order());

        using X509Certificate2 installed = CertificateOf(expected);
        using X509Certificate2 rendered = CertificateOf(actual);
        // The name of an authority ends with a random word.
        static string WithoutLastWord(string name) => name[..name.LastIndexOf(' ')];
        if (secret == "depmap-authority")
            Assert.Equal(WithoutLastWord(installed.Subject), WithoutLastWord(rendered.Subject));
        else
            Assert.Equal(installed.Subject, rendered.Subject);
        Assert.Equal(DnsNames(installed), DnsNames(rendered));
        Assert.Equal(installed.PublicKey.Oid.Value, rendered.PublicKey.Oid.Value);
        Assert.Equal(installed.PublicKey.EncodedParameters?.RawData, rendered.PublicKey.EncodedParameters?.RawData);
        Assert.Equal(installed.NotAfter, rendered.NotAfter, TimeSpan.FromMinutes(2));
    }

    [Theory]
    [InlineData("agent: {flowSlots: many}", "got string, want")]
    [InlineData("relay: {flow: 5}", "additional properties 'flow' not allowed")]
    [InlineData("agent: {attach: xdp}", "value must be one of")]
    [InlineData("tolerations: [\"a:Never\"]", "does not match pattern")]
    [InlineData("namespace: Watch", "does not match pattern")]
    public async Task An_invalid_value_is_rejected(string values, string reason) =>
        Assert.Contains(reason, await chart.TemplateErrorAsync(values), StringComparison.Ordinal);

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

    private static JsonObject DataOf(IEnumerable<JsonObject> objects, string secret) => Assert.Single(
        objects,
        resource => (string?)resource["kind"] == "Secret" && (string?)resource["metadata"]!["name"] == secret)["data"]!.AsObject();

    private static X509Certificate2 CertificateOf(JsonObject data) =>
        X509Certificate2.CreateFromPem(System.Text.Encoding.UTF8.GetString(Convert.FromBase64String((string)data["tls.crt"]!)));

    private static string[] DnsNames(X509Certificate2 certificate) =>
        [.. certificate.Extensions.OfType<X509SubjectAlternativeNameExtension>().SelectMany(names => names.EnumerateDnsNames())];
}
