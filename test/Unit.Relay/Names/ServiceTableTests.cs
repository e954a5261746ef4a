using Depmap.Relay.Names;
using Depmap.V1;
using static Depmap.Relay.Tests.Names.TestCluster;

namespace Depmap.Relay.Tests.Names;

public class ServiceTableTests
{
    [Fact]
    public void A_service_is_found_by_each_of_its_addresses_and_its_port()
    {
        AddressPort six = End("fd00:10:96::10", 80), external = End("198.51.100.1", 80);
        var objects = new ClusterObjects
        {
            Services = { Service("shop", "cart", CartService, "http", Protocol.Tcp) with { Addresses = [CartService.Address, six.Address, external.Address] } },
            Slices = { Slice("shop", "cart", Cart, "http", Protocol.Tcp) },
        };
        var table = new ServiceTable(objects);
        foreach (AddressPort asked in new[] { CartService, six, external })
        {
            ServiceMatch match = Assert.NotNull(table.Find(Protocol.Tcp, asked));
            Assert.Equal("cart", match.Service.Name);
            Assert.True(match.Port!.IsBackedBy(Cart));
        }
    }

    [Fact]
    public void A_port_or_protocol_that_the_service_lacks_still_names_the_service()
    {
        ServiceTable table = Known().Services;
        Assert.Null(Assert.NotNull(table.Find(Protocol.Tcp, CartService with { Port = 81 })).Port);
        Assert.Null(Assert.NotNull(table.Find(Protocol.Udp, CartService)).Port);
        Assert.Null(table.Find(Protocol.Tcp, Cart));
    }

    [Fact]
    public void Backends_are_tied_to_a_port_by_its_name()
    {
        AddressPort metrics = Cart with { Port = 9100 };
        var objects = new ClusterObjects
        {
            Services =
            {
                new ServiceObject
                {
                    Namespace = "shop",
                    Name = "cart",
                    Addresses = [CartService.Address],
                    Ports = [new("http", Protocol.Tcp, 80), new("metrics", Protocol.Tcp, 81)],
                },
            },
            Slices =
            {
                new SliceObject
                {
                    Namespace = "shop",
                    Service = "cart",
                    Ports = [new("http", Protocol.Tcp, 8080), new("metrics", Protocol.Tcp, 9100)],
                    Endpoints = [new(Cart.Address, true)],
                },
            },
        };
        ServicePort http = Assert.NotNull(new ServiceTable(objects).Find(Protocol.Tcp, CartService)).Port!;
        Assert.True(http.IsBackedBy(Cart));
        Assert.False(http.IsBackedBy(metrics));
    }

    [Fact]
    public void A_backend_that_is_not_ready_serves_no_new_connection_but_is_known()
    {
        var objects = new ClusterObjects
        {
            Services = { Service("shop", "cart", CartService, "http", Protocol.Tcp) },
            Slices = { Slice("shop", "cart", Cart, "http", Protocol.Tcp, ready: false) },
        };
        ServicePort port = Assert.NotNull(new ServiceTable(objects).Find(Protocol.Tcp, CartService)).Port!;
        Assert.True(port.IsBackedBy(Cart));
        Assert.False(port.HasReadyBackend);
    }

    [Fact]
    public void A_slice_of_the_same_name_in_another_namespace_backs_nothing()
    {
        var objects = new ClusterObjects
        {
            Services = { Service("shop", "cart", CartService, "http", Protocol.Tcp) },
            Slices = { Slice("test", "cart", Cart, "http", Protocol.Tcp) },
        };
        Assert.False(Assert.NotNull(new ServiceTable(objects).Find(Protocol.Tcp, CartService)).Port!.HasReadyBackend);
    }
}
