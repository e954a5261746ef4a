namespace Depmap.Cluster.Tests;

/// <summary>Helm and the plugin accept and refuse the same values. Needs no cluster.</summary>
public sealed class ValueTableTests(PackedChart chart) : IClassFixture<PackedChart>
{
    [Theory]
    [InlineData("namespace: a-b")]
    [InlineData("registry: localhost")]
    [InlineData("registry: \"[fd00::1]:5000/a/b_c\"")]
    [InlineData("image: {agent: \"a/b:C.1\"}")]
    [InlineData("pullSecret: a.b-c")]
    [InlineData("nodeSelector: {kubernetes.io/os: linux, empty: \"\"}")]
    [InlineData("tolerations: [a, \"b=:NoExecute\"]")]
    [InlineData("persist: {size: 1.5Gi}")]
    [InlineData("legacyCapabilities: false")]
    [InlineData("certificates: {certManager: {issuer: Issuer/a.b}}")]
    [InlineData("openshift: auto")]
    [InlineData("certificates: {existingSecrets: {relay: a, agent: b}}")]
    [InlineData("certificates: {certManager: {issuer: ClusterIssuer/ca}}")]
    [InlineData("agent: {flowSlots: 1024, maxConnections: 1024, attach: clsact, healthPort: 65535}")]
    [InlineData("agent: {flowSlots: 1024.0, logLevel: null, resources: {limits: {cpu: 1.5}}}")]
    [InlineData("relay: {resources: {requests: {cpu: 250m, memory: 1G}}, podAnnotations: {a.b/c: \"\"}}")]
    [InlineData("relay: {outsideCidr: [\"0.0.0.0/0=net.a_b\", \"::/0=v6\"]}")]
    [InlineData("relay: {outsideCidr: []}")]
    [InlineData("relay: {retain: 3650d, retainSize: 1MiB}")]
    [InlineData("global: {anything: 1}")]
    public async Task Both_accept(string values) => Assert.Equal("helm 0, plugin 0\n", await ExitCodesAsync(values));

    [Theory]
    [InlineData("unknown: 1")]
    [InlineData("relay: {flow: 5}")]
    [InlineData("certificates: {certManager: {issuer: ca}}")]
    [InlineData("namespace: Watch")]
    [InlineData("namespace: a.b")]
    [InlineData("namespace: a2345678901234567890123456789012345678901234567890123456789")]
    [InlineData("registry: https://example.com")]
    [InlineData("registry: example.com/Depmap")]
    [InlineData("registry: \"example.com/depmap\\n\"")]
    [InlineData("image: {relay: \"example.com/relay@sha256:0123\"}")]
    [InlineData("pullSecret: 5")]
    [InlineData("nodeSelector: {pool: 1}")]
    [InlineData("nodeSelector: {\"a b\": c}")]
    [InlineData("nodeSelector: [a]")]
    [InlineData("tolerations: [\"a:Never\"]")]
    [InlineData("tolerations: a")]
    [InlineData("persist: {size: abc}")]
    [InlineData("persist: {size: 1GB}")]
    [InlineData("legacyCapabilities: \"true\"")]
    [InlineData("certificates: {existingSecrets: {relay: a, agent: \"\"}}")]
    [InlineData("openshift: maybe")]
    [InlineData("agent: {flowSlots: many}")]
    [InlineData("agent: {flowSlots: 1000}")]
    [InlineData("agent: {attach: xdp}")]
    [InlineData("agent: {logLevel: Debug}")]
    [InlineData("agent: {healthPort: 0}")]
    [InlineData("agent: {maxConnections: 2000.5}")]
    [InlineData("agent: {resources: {limits: {memory: lots}}}")]
    [InlineData("agent: {resources: {limits: {gpu: 1}}}")]
    [InlineData("agent: {resources: {limits: {cpu: -1}}}")]
    [InlineData("agent: {affinity: {nodeSelector: {}}}")]
    [InlineData("agent: {podAnnotations: {a: 1}}")]
    [InlineData("agent: {seLinuxType: \"spc t\"}")]
    [InlineData("relay: {flows: 15}")]
    [InlineData("relay: {outsideCidr: [10.0.0.0/8]}")]
    [InlineData("relay: {outsideCidr: \"10.0.0.0/8=office\"}")]
    [InlineData("relay: {retain: 3651d}")]
    [InlineData("relay: {retain: 7 days}")]
    [InlineData("relay: {retainSize: 1GB}")]
    [InlineData("relay: {retainSize: 0MiB}")]
    public async Task Both_refuse(string values) => Assert.Equal("helm 1, plugin 1\n", await ExitCodesAsync(values));

    private Task<string> ExitCodesAsync(string values) => chart.RunAsync(
        $"""
        helm=0 plugin=0
        helm template eyes $CHART --kube-version 1.34.0 --values - <<<$VALUES >/dev/null 2>&1 || helm=$?
        {Installation.Plugin} install --dry-run=client --values /dev/stdin <<<$VALUES >/dev/null 2>&1 || plugin=$?
        echo "helm $helm, plugin $plugin"
        """,
        values);
}
