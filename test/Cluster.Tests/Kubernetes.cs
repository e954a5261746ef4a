using System.Runtime.Versioning;

[assembly: CollectionBehavior(DisableTestParallelization = true)]
[assembly: SupportedOSPlatform("linux")]

namespace Depmap.Cluster.Tests;

/// <summary>A real cluster of two nodes on this machine, with the product's images on both; gone when the tests end.</summary>
public sealed class Kubernetes : IAsyncLifetime
{
    // Unpacking, etcd, two kubelets and CoreDNS take half a minute on a quiet machine.
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    // What starts it lies beside the repository, and is no part of it.
    public static readonly string Scripts =
        Path.GetFullPath(Environment.GetEnvironmentVariable("DEPMAP_CLUSTER") ?? Installation.File("../shared/k8s"));

    /// <summary>What the cluster and its nodes hold that install could leave something in.</summary>
    public const string Everything = """
        kubectl get all,configmap,secret,serviceaccount,clusterrole,clusterrolebinding,role,rolebinding,networkpolicy,pdb,namespace -A -o name
        for n in dmk-n1 dmk-n2; do nsenter --net=/run/netns/$n tc qdisc show | grep -v noqueue || true; done
        bpftool prog | grep -oE 'name (from_pod|to_pod|packet_dropped\S*)' || true
        """;

    private string _kubeconfig = "";
    private string _tools = "";

    public async Task InitializeAsync()
    {
        if (!File.Exists($"{Scripts}/up"))
            throw new InvalidOperationException($"These tests need what starts a cluster, and there is no {Scripts}/up: say where by DEPMAP_CLUSTER.");
        foreach (string part in (string[])["agent", "relay"])
        {
            string archive = Installation.File($"out/images/depmap-{part}-amd64.tar");
            if (!File.Exists(archive))
                throw new InvalidOperationException($"These tests run the images, and there is no {archive}: run `make image`.");
        }

        _kubeconfig = (await Run.ScriptAsync($"{Scripts}/down --keep-tools && {Scripts}/up --nodes 2 --policies", timeout: Patience))
            .Succeeded().Trim();
        _tools = Path.Combine(Path.GetDirectoryName(_kubeconfig)!, "tools");
        (await Run.ScriptAsync($"{Scripts}/load {Installation.File("out/images")}/*-amd64.tar", timeout: Patience)).Succeeded();
    }

    public async Task DisposeAsync() => (await Run.ScriptAsync($"{Scripts}/down --keep-tools", timeout: Patience)).Succeeded();

    /// <summary>Runs a script as a user of the cluster would: kubectl in PATH, KUBECONFIG set.</summary>
    internal async Task<string> RunAsync(string script)
    {
        var environment = new Dictionary<string, string>
        {
            ["KUBECONFIG"] = _kubeconfig,
            ["PATH"] = $"{Path.GetDirectoryName(Installation.Plugin)}:{_tools}:{Environment.GetEnvironmentVariable("PATH")}",
        };
        return (await Run.ScriptAsync($"set -euo pipefail\n{script}", environment, Patience)).Succeeded();
    }
}

/// <summary>One cluster for all tests that want one.</summary>
[CollectionDefinition(nameof(Kubernetes))]
public sealed class KubernetesCollection : ICollectionFixture<Kubernetes>;
