using Depmap.Plugin.Objects;

namespace Depmap.Plugin.Tests;

public sealed class ClosestNameTests
{
    private static readonly (string, string)[] Known =
        [("shop", "cart"), ("shop", "checkout"), ("pay", "cart-db"), ("pay", "ledger"), ("", "kube-system"), ("", "shop")];

    [Theory]
    [InlineData("crat", "shop/cart")]
    [InlineData("Cart", "shop/cart")]
    [InlineData("shop/crat", "shop/cart")]
    [InlineData("pay/cart", "shop/cart")] // the right name in another namespace
    [InlineData("shp/ledgr", "pay/ledger")]
    [InlineData("pay/cart-bd", "pay/cart-db")]
    [InlineData("sohp", "shop")]
    [InlineData("kubesystem", "kube-system")]
    [InlineData("frobnicate", null)]
    [InlineData("x", null)]
    [InlineData("", null)]
    [InlineData("/", null)]
    public void It_is_the_most_similar_one(string typed, string? closest) => Assert.Equal(closest, ClosestName.Find(typed, Known));

    [Fact]
    public void Of_none_there_is_none() => Assert.Null(ClosestName.Find("cart", []));
}
