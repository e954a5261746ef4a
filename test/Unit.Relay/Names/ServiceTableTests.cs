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
                    Addresses = [CartService.Address, six.Address, external.Address],
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
