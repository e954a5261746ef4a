using Depmap.Relay.Flows;
using Depmap.Relay.Names;
using Depmap.Relay.Objects;
using Depmap.V1;
using static Depmap.Relay.Tests.Names.TestCluster;

namespace Depmap.Relay.Tests.Names;

public class ServiceTableTests
{
    [Fact]
    public void A_service_is_found_by_each_of_its_addresses()
    {
        AddressPort six = ParseEndpoint("fd00:10:96::10", 80), external = ParseEndpoint("198.51.100.1", 80);
        var objects = new ClusterObjects
        {
            Services =
            {
                Service("shop", "cart", CartService, "http", Protocol.Tcp) with
                {
                    Addresses = [CartService.Address, six.Address],
                    ExternalAddresses = [external.Address],
                },
            },
            Slices = { Slice("shop", "cart", Cart, "http", Protocol.Tcp) },
        };
        var table = new ServiceTable(objects);
        foreach (AddressPort destination in new[] { CartService, six, external })
        {
            ServiceMatch match = Assert.NotNull(table.Find(Protocol.Tcp, destination));
            Assert.Equal("cart", match.Service.Name);
            Assert.True(match.Port!.HasBackend(Cart));
        }
    }

    [Fact]
    public void An_external_address_without_the_port_is_marked_also_after_the_service_was_removed()
    {
        AddressPort external = ParseEndpoint("198.51.100.1", 80);
        ClusterObjects objects = CreateObjects();
        objects.Services[0] = objects.Services[0] with { ExternalAddresses = [external.Address] };
        ServiceTable table = ServiceTable.Empty.With(objects, 0);
        foreach (ServiceTable each in new[] { table, table.With(new ClusterObjects(), 100) })
        {
            Assert.False(Assert.NotNull(each.Find(Protocol.Tcp, external, 50)).IsExternal);
            Assert.True(Assert.NotNull(each.Find(Protocol.Tcp, external with { Port = 22 }, 50)).IsExternal);
            Assert.False(Assert.NotNull(each.Find(Protocol.Tcp, CartService with { Port = 22 }, 50)).IsExternal);
        }
    }

    [Fact]
    public void A_service_is_found_without_the_requested_port_or_protocol()
    {
        ServiceTable table = CreateNames().Services;
        Assert.Null(Assert.NotNull(table.Find(Protocol.Tcp, CartService with { Port = 81 })).Port);
        Assert.Null(Assert.NotNull(table.Find(Protocol.Udp, CartService)).Port);
        Assert.Null(table.Find(Protocol.Tcp, Cart));
    }

    [Fact]
    public void Backends_belong_to_a_port_by_its_name()
    {
        AddressPort metrics = Cart with { Port = 9100 };
        var objects = new ClusterObjects
        {
            Services =
            {
                new ServiceObject
                {
                    Id = new ServiceId("shop", "cart"),
                    Addresses = [CartService.Address],
                    Ports = [new("http", Protocol.Tcp, 80), new("metrics", Protocol.Tcp, 81)],
                },
            },
            Slices =
            {
                new SliceObject
                {
                    Service = new ServiceId("shop", "cart"),
                    Ports = [new("http", Protocol.Tcp, 8080), new("metrics", Protocol.Tcp, 9100)],
                    Endpoints = [new(Cart.Address, true)],
                },
            },
        };
        ServicePort http = Assert.NotNull(new ServiceTable(objects).Find(Protocol.Tcp, CartService)).Port!;
        Assert.True(http.HasBackend(Cart));
        Assert.False(http.HasBackend(metrics));
    }

    [Fact]
    public void A_backend_that_is_not_ready_is_known_but_not_ready()
    {
        var objects = new ClusterObjects
        {
            Services = { Service("shop", "cart", CartService, "http", Protocol.Tcp) },
            Slices = { Slice("shop", "cart", Cart, "http", Protocol.Tcp, ready: false) },
        };
        ServicePort port = Assert.NotNull(new ServiceTable(objects).Find(Protocol.Tcp, CartService)).Port!;
        Assert.True(port.HasBackend(Cart));
        Assert.False(port.HasReadyBackend);
    }

    [Fact]
    public void Times_without_a_ready_backend_are_remembered()
    {
        ClusterObjects without = CreateObjects();
        without.Slices[0] = Slice("shop", "cart", Cart, "http", Protocol.Tcp, ready: false);
        ServiceTable table = ServiceTable.Empty.With(CreateObjects(), 0).With(without, 100).With(without, 150).With(CreateObjects(), 200);
        ServicePort port = Assert.NotNull(table.Find(Protocol.Tcp, CartService)).Port!;
        Assert.Equal(
            [false, true, true, false, true],
            new[] { (50, 100), (50, 101), (200, 300), (201, 300), (0, 1000) }.Select(t => port.LackedBackend(t.Item1, t.Item2)));
        port = Assert.NotNull(table.With(CreateObjects(), 200 + AddressTimeline.History).Find(Protocol.Tcp, CartService)).Port!;
        Assert.False(port.LackedBackend(0, 1000));
    }

    [Fact]
    public void A_port_that_changes_often_keeps_its_latest_states()
    {
        ClusterObjects without = CreateObjects();
        without.Slices.RemoveAt(0);
        ServiceTable table = ServiceTable.Empty.With(CreateObjects(), 0);
        for (int i = 1; i <= 100; i++)
            table = table.With(i % 2 == 1 ? without : CreateObjects(), i);
        ServicePort port = Assert.NotNull(table.Find(Protocol.Tcp, CartService)).Port!;
        Assert.True(port.LackedBackend(100, 100)); // not ready from 99 to 100
        Assert.False(port.LackedBackend(99, 99));
        Assert.True(port.LackedBackend(100 - ServicePort.MaxEarlier + 2, 100 - ServicePort.MaxEarlier + 2));
        Assert.False(port.LackedBackend(101, 101));
    }

    [Fact]
    public void A_new_service_had_no_backends_before()
    {
        ClusterObjects without = CreateObjects();
        without.Services.RemoveAt(0);
        ServiceTable table = ServiceTable.Empty.With(without, 0).With(CreateObjects(), 100);
        Assert.True(Assert.NotNull(table.Find(Protocol.Tcp, CartService)).Port!.LackedBackend(50, 50));
        Assert.False(Assert.NotNull(table.Find(Protocol.Udp, DnsService)).Port!.LackedBackend(50, 50));
    }

    [Fact]
    public void A_slice_in_another_namespace_is_ignored()
    {
        var objects = new ClusterObjects
        {
            Services = { Service("shop", "cart", CartService, "http", Protocol.Tcp) },
            Slices = { Slice("test", "cart", Cart, "http", Protocol.Tcp) },
        };
        Assert.False(Assert.NotNull(new ServiceTable(objects).Find(Protocol.Tcp, CartService)).Port!.HasReadyBackend);
    }

    [Fact]
    public void A_node_port_is_found_on_every_node_and_nowhere_else()
    {
        ClusterObjects objects = CreateObjects();
        objects.Services[0] = objects.Services[0] with { Ports = [new ServicePortObject("http", Protocol.Tcp, 80, NodePort: 30080)] };
        var table = new ServiceTable(objects);
        ServiceMatch match = Assert.NotNull(table.Find(Protocol.Tcp, NodeA with { Port = 30080 }));
        Assert.Equal("cart", match.Service.Name);
        Assert.True(match.Port!.HasBackend(Cart));
        Assert.Null(table.Find(Protocol.Udp, NodeA with { Port = 30080 }));
        Assert.Null(table.Find(Protocol.Tcp, NodeA with { Port = 30081 }));
        Assert.Null(table.Find(Protocol.Tcp, External with { Port = 30080 }));
    }

    [Theory]
    [InlineData(80, "edge")]
    [InlineData(443, "other")]
    [InlineData(31081, "other")]
    [InlineData(10250, null)]
    public void Only_the_ports_of_services_on_a_nodes_address_are_services(int port, string? service)
    {
        // ServiceLB of k3s and externalIPs: both services have the address of the node.
        var table = new ServiceTable(WithServicesOnNodeA());
        Assert.Equal(service, table.Find(Protocol.Tcp, NodeA with { Port = (ushort)port })?.Service.Name);
    }

    [Theory]
    [InlineData("edge", 80)]
    [InlineData("other", 443)]
    public void A_deleted_service_that_shared_an_address_is_found_for_earlier_requests(string service, int port)
    {
        const long gone = 100 * UnixTime.Second;
        ClusterObjects without = WithServicesOnNodeA();
        without.Services.RemoveAll(s => s.Id.Name == service);
        ServiceTable table = ServiceTable.Empty.With(WithServicesOnNodeA(), 0).With(without, gone);
        AddressPort end = NodeA with { Port = (ushort)port };
        Assert.Equal(service, table.Find(Protocol.Tcp, end, gone)?.Service.Name);
        Assert.Null(table.Find(Protocol.Tcp, end, gone + 1));
        Assert.Null(table.Find(Protocol.Tcp, end with { Port = 10250 }, gone));
    }

    private static ClusterObjects WithServicesOnNodeA()
    {
        ClusterObjects objects = CreateObjects();
        objects.Services.Add(Service("shop", "edge", NodeA with { Port = 80 }, "http", Protocol.Tcp));
        objects.Services.Add(Service("shop", "other", NodeA with { Port = 443 }, "https", Protocol.Tcp) with
        {
            Ports = [new ServicePortObject("https", Protocol.Tcp, 443, NodePort: 31081)],
        });
        return objects;
    }

    [Fact]
    public void A_backend_identifies_its_service_if_there_is_only_one()
    {
        ClusterObjects objects = CreateObjects();
        Assert.Equal("cart", new ServiceTable(objects).FindByBackend(Protocol.Tcp, Cart)?.Name);
        Assert.Null(new ServiceTable(objects).FindByBackend(Protocol.Tcp, Cart with { Port = 8081 }));
        objects.Services.Add(Service("shop", "basket", ParseEndpoint("10.96.0.11", 80), "http", Protocol.Tcp));
        objects.Slices.Add(Slice("shop", "basket", Cart, "http", Protocol.Tcp));
        var table = new ServiceTable(objects);
        Assert.Null(table.FindByBackend(Protocol.Tcp, Cart));
        Assert.Equal(["cart", "basket"], table.FindAllByBackend(Protocol.Tcp, Cart).Select(service => service.Id.Name));
        Assert.Empty(table.FindAllByBackend(Protocol.Udp, Dns));
        Assert.True(table.IsServed(Protocol.Tcp, Cart, 0));
    }

    [Fact]
    public void A_deleted_service_is_found_for_earlier_requests()
    {
        const long gone = 100 * UnixTime.Second;
        ClusterObjects without = CreateObjects();
        without.Services.RemoveAt(0);
        ServiceTable table = CreateNames().Services.With(without, gone);
        Assert.True(Assert.NotNull(table.Find(Protocol.Tcp, CartService, gone)).Port!.HasBackend(Cart));
        Assert.Null(table.Find(Protocol.Tcp, CartService, gone + 1));
        Assert.NotNull(table.With(without, gone + AddressTimeline.History - 1).Find(Protocol.Tcp, CartService, gone));
        Assert.Null(table.With(without, gone + AddressTimeline.History).Find(Protocol.Tcp, CartService, gone));
    }

    [Fact]
    public void An_address_reused_by_another_service_belongs_to_each_at_its_time()
    {
        const long swapped = 100 * UnixTime.Second;
        ClusterObjects other = CreateObjects();
        other.Services[0] = other.Services[0] with { Id = new ServiceId("shop", "basket") };
        ServiceTable table = CreateNames().Services.With(other, swapped);
        Assert.Equal("cart", table.Find(Protocol.Tcp, CartService, swapped)?.Service.Name);
        Assert.Equal("basket", table.Find(Protocol.Tcp, CartService, swapped + 1)?.Service.Name);
    }
}
