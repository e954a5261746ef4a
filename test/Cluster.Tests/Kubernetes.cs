using System.Runtime.Versioning;

[assembly: CollectionBehavior(DisableTestParallelization = true)]
[assembly: SupportedOSPlatform("linux")]

namespace Depmap.Cluster.Tests;

/// <summary>A cluster of two nodes on this machine with the product's images on both, deleted after the tests.</summary>
public sealed class Kubernetes : IAsyncLifetime
{
    // It takes half a minute on an idle machine to start etcd, two kubelets and CoreDNS.
    private static readonly TimeSpan Timeout = TimeSpan.FromMinutes(5);

    public static readonly string Scripts = Installation.ClusterScripts;

    /// <summary>
    /// Starts the cluster, or what is missing of it. Critical priority classes need a ResourceQuota outside of kube-system, as on GKE.
    /// </summary>
    public static readonly string Up = $"{Scripts}/up --nodes 2 --policies --priority-quota";

    /// <summary>
    /// A script that lists what an installation could leave behind in the cluster and on its nodes. An eBPF program remains as long as
    /// its agent or a qdisc; programs of the whole machine are not listed, as other tests may load some at the same time.
    /// </summary>
    public const string Everything = """
        kubectl get all,configmap,secret,serviceaccount,networkpolicy,pdb,resourcequota,namespace -A -o name
        kubectl get clusterrole,clusterrolebinding,role,rolebinding -A -o name
        for n in dmk-n1 dmk-n2; do
          nsenter --net=/run/netns/$n tc qdisc show | grep -v noqueue || true
          ip netns pids $n | xargs -r ps -o comm= -p | grep depmap || true
        done
        """;

    private string _kubeconfig = "";
    private string _tools = "";

    public async Task InitializeAsync()
    {
        if (!File.Exists($"{Scripts}/up"))
        {
            throw new InvalidOperationException(
                $"These tests start a cluster with {Scripts}/up, which does not exist. Set DEPMAP_CLUSTER to the folder of that script.");
        }

        foreach (string part in (string[])["agent", "relay"])
        {
            string archive = Installation.File($"out/images/depmap-{part}-amd64.tar");
            if (!File.Exists(archive))
                throw new InvalidOperationException($"These tests load the image {archive}, which does not exist. Try: make image");
        }

        _kubeconfig = (await Run.ScriptAsync($"{Scripts}/down --keep-tools && {Up}", null, Timeout))
            .Succeeded().Trim();
        _tools = Path.Combine(Path.GetDirectoryName(_kubeconfig)!, "tools");
        (await Run.ScriptAsync($"{Scripts}/load {Installation.File("out/images")}/*-amd64.tar", null, Timeout)).Succeeded();
    }

    public async Task DisposeAsync() => (await Run.ScriptAsync($"{Scripts}/down --keep-tools", null, Timeout)).Succeeded();

    /// <summary>Runs a script with kubectl and the plugin in PATH and with KUBECONFIG set.</summary>
    /// <exception cref="InvalidOperationException">The script failed.</exception>
    internal async Task<string> RunAsync(string script)
    {
        var environment = new Dictionary<string, string>
        {
            ["KUBECONFIG"] = _kubeconfig,
            // The images are loaded onto the nodes, as the README describes for a build of one's own.
            ["DEPMAP_REGISTRY"] = "localhost",
            ["PATH"] = $"{Path.GetDirectoryName(Installation.Plugin)}:{_tools}:{Environment.GetEnvironmentVariable("PATH")}",
        };
        return (await Run.ScriptAsync($"set -euo pipefail\n{script}", environment, Timeout)).Succeeded();
    }
}

/// <summary>The test classes of this collection share one cluster.</summary>
[CollectionDefinition(nameof(Kubernetes))]
public sealed class KubernetesCollection : ICollectionFixture<Kubernetes>;
