namespace Depmap.Lab.Tests;

/// <summary>Many short calls to a service whose pods are on the other node: each is one flow, none is lost or counted twice.</summary>
public sealed class LoadTests : IAsyncLifetime
{
    private const string Service = "10.96.0.20";

    private RunningLab _lab = null!;

    public async Task InitializeAsync() => _lab = await RunningLab.UpAsync("test/Lab.Tests/tables/load.lab");

    public Task DisposeAsync() => _lab.DisposeAsync().AsTask();

    [Fact]
    public async Task Each_of_5000_connections_and_2000_UDP_requests_is_one_flow()
    {
        Dictionary<int, string> tcp = await _lab.CallAsync("client", "tcp", Service, 80, first: 20_000, count: 5000, rate: 1000);
        Dictionary<int, string> udp = await _lab.CallAsync("client", "udp", Service, 80, first: 20_000, count: 2000, rate: 1000);
        Assert.Equal(["10.244.2.2", "10.244.2.3"], tcp.Values.Concat(udp.Values).Distinct().Order());

        await _lab.FlowsAsync(count: 7000);
        List<FlowLine> flows = await _lab.SettledFlowsAsync(); // a flow that is reported twice arrives late

        Assert.Equal("", _lab.Notes);
        Assert.Equal(
            [
                "2000 UDP Deployment/client -> service echo:80 at Deployment/echo FORWARDED",
                "5000 TCP Deployment/client -> service echo:80 at Deployment/echo FORWARDED",
            ],
            flows.CountBy(flow => flow.ToString()).Select(kind => $"{kind.Value} {kind.Key}").Order());
        Assert.Equal(
            [
                "TCP Deployment/client -> service echo:80 5000 forwarded, 0 dropped",
                "UDP Deployment/client -> service echo:80 2000 forwarded, 0 dropped",
            ],
            (await _lab.EdgesAsync()).Select(edge => edge.ToString()).Order());

        // By source port: the pod that answered, as the client and as Depmap saw it.
        Assert.Equal(Sorted(tcp), Answered(flows, "TCP"));
        Assert.Equal(Sorted(udp), Answered(flows, "UDP"));
        Assert.All(flows, flow =>
        {
            Assert.Equal(("load", "10.244.1.2", "node-a"), (flow.Source.Namespace, flow.Source.Ip, flow.Node));
            Assert.Equal(("load", Service, 8080), (flow.Destination.Namespace, flow.Destination.Ip, flow.Destination.PodPort));
            Assert.StartsWith("client-", flow.Source.Pod);
            Assert.StartsWith("echo-", flow.Destination.Pod);
        });
    }

    private static IEnumerable<(int Port, string Pod)> Sorted(Dictionary<int, string> calls) =>
        calls.Select(call => (call.Key, call.Value)).Order();

    private static IEnumerable<(int Port, string Pod)> Answered(List<FlowLine> flows, string protocol) =>
        flows.Where(flow => flow.Protocol == protocol).Select(flow => (flow.Source.Port!.Value, flow.Destination.PodIp ?? "")).Order();
}
