using Depmap.Common.Options;

namespace Depmap.Plugin.Tests.Options;

public sealed class LabelQueryTests
{
    private static readonly Dictionary<string, string> Labels = new()
    {
        ["app"] = "web", ["app.kubernetes.io/name"] = "shop", ["empty"] = "",
    };

    [Theory]
    [InlineData("app=web", true)]
    [InlineData("app==web", true)]
    [InlineData(" app = web ", true)]
    [InlineData("app=api", false)]
    [InlineData("app!=api", true)]
    [InlineData("app!=web", false)]
    [InlineData("missing!=x", true)]
    [InlineData("missing=x", false)]
    [InlineData("missing=", false)]
    [InlineData("empty=", true)]
    [InlineData("app in (api,web)", true)]
    [InlineData("app in ( api , web )", true)]
    [InlineData("app in(web)", true)]
    [InlineData("app in (api)", false)]
    [InlineData("missing in (web)", false)]
    [InlineData("app notin (api)", true)]
    [InlineData("app notin (api,web)", false)]
    [InlineData("missing notin (web)", true)]
    [InlineData("app", true)]
    [InlineData("missing", false)]
    [InlineData("!missing", true)]
    [InlineData("! app", false)]
    [InlineData("app.kubernetes.io/name=shop,app in (web,api),!missing", true)]
    [InlineData("app.kubernetes.io/name=shop,app in (web,api),missing", false)]
    public void It_selects_as_kubectl_does(string selector, bool matches)
    {
        Parsed<LabelQuery> parsed = LabelQuery.Parse(selector);
        Assert.Null(parsed.Error);
        Assert.Equal(matches, parsed.Value.Matches(Labels, (labels, key) => labels.GetValueOrDefault(key)));
    }

    [Theory]
    [InlineData("")]
    [InlineData(",")]
    [InlineData("app=web,")]
    [InlineData("=web")]
    [InlineData("app=web=x")]
    [InlineData("app in web")]
    [InlineData("app in (web")]
    [InlineData("app is (web)")]
    [InlineData("!app=web")]
    [InlineData("app web")]
    [InlineData("-app=web")]
    [InlineData("app=we b")]
    [InlineData("app=web-")]
    [InlineData("a/b/c=d")]
    [InlineData("app in (a b)")]
    public void Anything_else_is_an_error(string selector) =>
        Assert.StartsWith("use a selector such as app=web,", LabelQuery.Parse(selector).Error);
}
