using System.Globalization;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Depmap.Cluster.Tests;

/// <summary>The relay makes and renews the certificates in a real cluster.</summary>
[Collection(nameof(Kubernetes))]
public sealed class CertificateTests(Kubernetes cluster) : IAsyncLifetime
{
    private const string Authority = "-n depmap secret depmap-certificate-authority";
    private const string Agents = "-n depmap-agents secret depmap-agent-certificate";

    public async Task InitializeAsync() => await cluster.RunAsync("kubectl depmap install 2>&1");

    public async Task DisposeAsync() => await cluster.RunAsync("kubectl depmap uninstall 2>&1");

    [Theory]
    [InlineData("kubectl depmap install")]
    [InlineData("kubectl depmap install --dry-run=client | kubectl apply -f -")]
    [InlineData("kubectl depmap install --dry-run=client | kubectl apply --server-side --force-conflicts -f -")]
    public async Task Objects_that_are_applied_again_keep_the_certificates(string apply)
    {
        string before = await CertificatesAsync();
        Assert.Equal(2, before.Split("tls.key").Length - 1);
        await cluster.RunAsync($"{apply} 2>&1; {apply} 2>&1");
        Assert.Equal(before, await CertificatesAsync());
    }

    [Fact]
    public async Task A_deleted_Secret_is_reported_and_install_and_the_relay_make_it_again()
    {
        string before = await CertificatesAsync();
        await cluster.RunAsync($"kubectl delete {Agents}");
        string status = await cluster.RunAsync("""
            for i in $(seq 90); do kubectl depmap status >/dev/null 2>&1 || break; sleep 1; done
            kubectl depmap status 2>&1 || echo exit $?
            """);
        Assert.EndsWith(
            "error: the relay cannot renew the certificates: secret depmap-agent-certificate in namespace depmap-agents does not exist. "
                + "Try: kubectl depmap install\nexit 1\n",
            status,
            StringComparison.Ordinal);

        await cluster.RunAsync("kubectl depmap install 2>&1");
        await HealthyAsync();
        Assert.NotEqual(before, await CertificatesAsync());
    }

    [Fact]
    public async Task Certificates_and_their_authority_are_replaced_without_an_outage()
    {
        await StartCallerAsync("caller");
        // Authorities that have been there for three days.
        DateTimeOffset now = DateTimeOffset.UtcNow;
        using X509Certificate2 current = TestCertificates.Authority("current"), next = TestCertificates.Authority("next");
        string trusted = Pem(current);
        await PatchAsync(Authority, ("tls.crt", Pem(current)), ("tls.key", TestCertificates.Key(current)), ("ca.crt", trusted));
        await cluster.RunAsync("""
            kubectl -n depmap rollout restart deployment/depmap-relay
            kubectl -n depmap rollout status deployment/depmap-relay --timeout=60s
            kubectl -n depmap-agents rollout restart daemonset/depmap-agent
            kubectl -n depmap-agents rollout status daemonset/depmap-agent --timeout=60s
            """);
        await HealthyAsync();
        Assert.Equal(trusted, await FileAsync(Agents, "ca.crt"));

        // 1. The agents' certificate is past two thirds of its time: the relay replaces it.
        await SetAgentsAsync(current, now.AddDays(-1), now.AddHours(1), trusted);
        await CallAsync(expected: 3);
        await cluster.RunAsync("""
            end() { kubectl depmap status -o json | jq -r .certificates.agents_end; }
            for i in $(seq 90); do [[ $(end) < $(date -u -d '+1 day' +%FT%TZ) ]] || exit 0; sleep 1; done; end; exit 1
            """);

        // 2. A second authority is trusted, and the kubelets have brought it to the agents.
        string both = trusted + Pem(next);
        await PatchAsync(Authority, ("ca.crt", both));
        await cluster.RunAsync("""
            files() { find $(dirname $KUBECONFIG)/n1 $(dirname $KUBECONFIG)/n2 -path '*kubernetes.io~secret/tls/ca.crt'; }
            for i in $(seq 150); do
              [ $(for f in $(files); do grep -c BEGIN $f; done | grep -c 2) -lt 2 ] || exit 0
              kubectl -n depmap-agents annotate pod --all --overwrite test/refresh=$i >/dev/null; sleep 1
            done
            files; exit 1
            """);
        await CallAsync(expected: 6);

        // 3. As if that had been a day ago, it signs.
        both = await FileAsync(Authority, "ca.crt");
        await SetAgentsAsync(current, now.AddHours(-27), now.AddDays(2), both);
        await PatchAsync(Authority, ("next.crt", Pem(next)), ("next.key", TestCertificates.Key(next)));
        await Wait.UntilAsync(
            async () => await FileAsync(Authority, "tls.crt") == Pem(next), timeout: TimeSpan.FromSeconds(90));
        await CallAsync(expected: 9);
        await HealthyAsync();

        // 4. The next relay has a certificate of the new authority only, and the agents may still have one of the previous.
        await cluster.RunAsync("kubectl -n depmap delete pod --all");
        await HealthyAsync();
        // Agents may report earlier calls again that the previous relay has not acknowledged: another pod's are counted.
        await StartCallerAsync("caller-2");
        await CallAsync(expected: 3, "caller-2");
        await cluster.RunAsync("kubectl delete pod caller caller-2 --grace-period=0 --force 2>&1");
    }

    [Fact]
    public async Task Existing_Secrets_are_used_and_the_relay_has_no_permission_for_Secrets()
    {
        using var authority = new TestAuthority();
        string relay = authority.Folder(TestAuthority.Use.Server, "depmap-relay.depmap.svc");
        string agent = authority.Folder(TestAuthority.Use.Client, "agent");
        string status = await cluster.RunAsync($"""
            kubectl depmap uninstall >/dev/null 2>&1
            kubectl create namespace depmap >/dev/null; kubectl create namespace depmap-agents >/dev/null
            kubectl -n depmap create secret generic mine --from-file={relay} >/dev/null
            kubectl -n depmap-agents create secret generic ours --from-file={agent} >/dev/null
            kubectl depmap install --set certificates.existingSecrets.relay=mine \
              --set certificates.existingSecrets.agent=ours >/dev/null 2>&1
            for i in $(seq 40); do kubectl depmap status >/dev/null 2>&1 && break; sleep 1; done
            kubectl depmap status 2>&1
            kubectl auth can-i get secrets/mine -n depmap --as=system:serviceaccount:depmap:depmap-relay || true
            kubectl depmap uninstall >/dev/null 2>&1
            kubectl delete namespace depmap depmap-agents >/dev/null
            """);
        string end = DateTimeOffset.UtcNow.AddDays(1).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
        Assert.Contains($"\nThe certificates expire: relay {end}, authority ", status, StringComparison.Ordinal);
        Assert.DoesNotContain("renews", status, StringComparison.Ordinal);
        Assert.EndsWith("\nno\n", status, StringComparison.Ordinal);
    }

    private Task StartCallerAsync(string pod) => cluster.RunAsync($"""
        kubectl run {pod} --image=localhost/tools:1 --image-pull-policy=Never --restart=Never --command -- sleep 3600 >/dev/null
        kubectl wait --for=condition=Ready pod/{pod} --timeout=60s >/dev/null
        """);

    /// <summary>Three calls, after which all calls of this pod that the relay has received are shown.</summary>
    private async Task CallAsync(int expected, string pod = "caller")
    {
        string count = await cluster.RunAsync($$"""
            kubectl exec {{pod}} -- sh -c 'for i in 1 2 3; do nc -w 1 10.96.0.10 53 </dev/null; done'
            flows() { kubectl depmap observe -o json --namespace default --pod {{pod}} --port 53 | jq -r .source.port | sort -u | wc -l; }
            for i in $(seq 100); do [ $(flows) -lt {{expected}} ] || break; sleep 0.2; done; flows
            """);
        Assert.Equal($"{expected}\n", count);
    }

    private Task SetAgentsAsync(X509Certificate2 authority, DateTimeOffset start, DateTimeOffset end, string trusted)
    {
        using X509Certificate2 leaf = TestCertificates.Leaf(
            authority, "depmap-agent", start, end, TestCertificates.ClientAuthentication, "depmap-agent");
        return PatchAsync(Agents, ("tls.crt", Pem(leaf)), ("tls.key", TestCertificates.Key(leaf)), ("ca.crt", trusted));
    }

    private async Task<string> FileAsync(string secret, string file) => Encoding.UTF8.GetString(Convert.FromBase64String(
        await cluster.RunAsync($"kubectl get {secret} -o jsonpath='{{.data.{file.Replace(".", "\\.", StringComparison.Ordinal)}}}'")));

    private Task<string> PatchAsync(string secret, params (string Name, string Text)[] files)
    {
        IEnumerable<string> data = files.Select(file => $"\"{file.Name}\":\"{Convert.ToBase64String(Encoding.UTF8.GetBytes(file.Text))}\"");
        return cluster.RunAsync($"kubectl patch {secret} --type merge -p '{{\"data\":{{{string.Join(',', data)}}}}}'");
    }

    private Task<string> CertificatesAsync() => cluster.RunAsync(
        "kubectl get secret -A -l app.kubernetes.io/name=depmap -o jsonpath='{range .items[*]}{.data}{end}'");

    private Task<string> HealthyAsync() => cluster.RunAsync(
        "for i in $(seq 40); do kubectl depmap status >/dev/null 2>&1 && break; sleep 1; done; kubectl depmap status");

    private static string Pem(X509Certificate2 certificate) => certificate.ExportCertificatePem() + "\n";
}
