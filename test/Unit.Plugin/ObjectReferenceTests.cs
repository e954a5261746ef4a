using Depmap.Plugin.Objects;
using Depmap.Plugin.Options;

namespace Depmap.Plugin.Tests;

public sealed class ObjectReferenceTests
{
    [Theory]
    [InlineData("web", "Any web")]
    [InlineData("shop/web", "Any shop web")]
    [InlineData("deploy/web", "Workload web Deployment")]
    [InlineData("Deployment/web", "Workload web Deployment")]
    [InlineData("deployments.apps/web", "Workload web Deployment")]
    [InlineData("shop/sts/redis", "Workload shop redis StatefulSet")]
    [InlineData("cj/nightly", "Workload nightly CronJob")]
    [InlineData("po/web-5d8f-x2x", "Pod web-5d8f-x2x")]
    [InlineData("shop/pod/web-5d8f-x2x", "Pod shop web-5d8f-x2x")]
    [InlineData("svc/cart", "Service cart")]
    [InlineData("cart.shop.svc", "Service shop cart")]
    [InlineData("cart.shop.svc.cluster.local.", "Service shop cart")]
    [InlineData("ns/shop", "Namespace shop")]
    [InlineData("no/n1", "Node n1")]
    [InlineData("API.example.com", "Outside api.example.com")]
    [InlineData("203.0.113.7", "Address 203.0.113.7")]
    [InlineData("2001:DB8::7", "Address 2001:db8::7")]
    [InlineData("[2001:db8::7]", "Address 2001:db8::7")]
    [InlineData("10", "Any 10")]
    public void Objects_are_named_as_for_kubectl(string text, string expected)
    {
        (ObjectReference it, string? error) = ObjectReference.Parse(text);
        Assert.Null(error);
        Assert.Equal(expected, string.Join(' ', ((string?[])[$"{it.Kind}", it.Namespace, it.Name, it.WorkloadKind]).OfType<string>()));
    }

    [Theory]
    [InlineData("svc/cart:80", "cart", 80)]
    [InlineData("cart", "cart", 0)]
    [InlineData("203.0.113.7:443", "203.0.113.7", 443)]
    [InlineData("[2001:db8::7]:443", "2001:db8::7", 443)]
    [InlineData("2001:db8::7", "2001:db8::7", 0)]
    public void A_port_may_follow(string text, string name, int port)
    {
        ((ObjectReference it, ushort found), string? error) = ObjectReference.ParseWithPort(text);
        Assert.Null(error);
        Assert.Equal((name, port), (it.Name, found));
    }

    [Theory]
    [InlineData("", "use KIND/NAME, [NAMESPACE/]NAME, NAMESPACE/KIND/NAME, an IP address or a DNS name")]
    [InlineData("/web", "use KIND/NAME, [NAMESPACE/]NAME, NAMESPACE/KIND/NAME, an IP address or a DNS name")]
    [InlineData("a/b/c/d", "use KIND/NAME, [NAMESPACE/]NAME, NAMESPACE/KIND/NAME, an IP address or a DNS name")]
    [InlineData("a b", "use KIND/NAME, [NAMESPACE/]NAME, NAMESPACE/KIND/NAME, an IP address or a DNS name")]
    [InlineData("shop/deplyo/web", "unknown kind deplyo, did you mean deploy?")]
    [InlineData("shop/ns/web", "a namespace has no namespace")]
    [InlineData("web:http", "use a port from 1 to 65535 after the colon")]
    [InlineData("web:0", "use a port from 1 to 65535 after the colon")]
    [InlineData("web:", "use a port from 1 to 65535 after the colon")]
    public void Anything_else_is_an_error(string text, string error) =>
        Assert.Equal(error, ObjectReference.ParseWithPort(text).Error);
}
