using System.Runtime.CompilerServices;
using System.Text.Json;
using Depmap.Relay.Flows;
using Depmap.Relay.Names;
using Depmap.Relay.Objects;
using Depmap.Relay.Policies;
using Depmap.V1;

namespace Depmap.Relay.Tests.Policies;

/// <summary>
/// The evaluation against calls that were recorded in a cluster with the objects of test/Cluster.Tests/policies.yaml, whose policies
/// kube-router enforced. Cluster.Tests compare both anew.
/// </summary>
public sealed class EnforcementTests
{
    [Fact]
    public void The_evaluation_agrees_with_the_recorded_calls()
    {
        byte[] file = File.ReadAllBytes(Path.Combine(Folder(), "enforced.json"));
        ClusterNames names = ClusterNames.Empty.With(ObjectsReader.Read(file), UnixTime.Minute);
        using JsonDocument document = JsonDocument.Parse(file);
        string[] calls = [.. document.RootElement.GetProperty("calls").EnumerateArray().Select(call => call.GetString()!)];
        Assert.True(calls.Length >= 40);
        Assert.Equal(calls, calls.Select(call => Evaluate(names, call.Split(' '))));
    }

    private static string Evaluate(ClusterNames names, string[] call)
    {
        string[] server = call[2].Split(':');
        var connection = new PolicyConnection(End(names, call[1]), End(names, server[0]), Protocol.Tcp, ushort.Parse(server[1]));
        return $"{(names.Policies.Evaluate(connection).Allowed ? "allowed" : "forbidden")} {call[1]} {call[2]}";
    }

    private static PolicyEnd End(ClusterNames names, string text)
    {
        Address address = text.Split('/') is [var ns, var name]
            ? names.Objects.Pods.Find(pod => (pod.Namespace, pod.Name) == (ns, name))!.Addresses[0]
            : names.Objects.Nodes.Find(node => node.Name == text)?.Addresses[0] ?? Parse(text);
        return new PolicyEnd(names.Addresses.OwnerAt(address, UnixTime.Minute), address);
    }

    private static Address Parse(string text) =>
        Address.TryParse(text, out Address address) ? address : throw new ArgumentException(text);

    private static string Folder([CallerFilePath] string file = "") => Path.GetDirectoryName(file)!;
}
