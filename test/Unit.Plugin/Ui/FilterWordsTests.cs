using Depmap.Plugin.Objects;
using Depmap.Plugin.Shell;
using Depmap.Plugin.Ui;
using Depmap.V1;

namespace Depmap.Plugin.Tests.Ui;

public sealed class FilterWordsTests
{
    private readonly FilterWords _filter = new(ProgramName.FromPath("/usr/bin/kubectl-depmap"), PluginRun.Clock);

    [Fact]
    public void Words_are_those_of_map()
    {
        Selection selection = _filter.Parse("shop/cart --depth 2 --namespace=shop,pay --not to-port=53 \"--since=10:11\"").Value;
        Assert.Equal([new ObjectReference(ObjectKind.Any, "shop", "cart")], selection.View.Objects);
        Assert.Equal(2, selection.View.Depth);
        Assert.Equal(["shop", "pay"], selection.Filter.Namespaces);
        Assert.Equal(
            new Filter { Destination = new EndFilter { Ports = { 53 } } }, Assert.Single(selection.Filter.Excluded));
        Assert.Equal(1_777_882_260_000_000_000, selection.Since); // 10:11 in a zone two hours ahead of UTC
        Assert.Equal(0, selection.Until);
    }

    [Fact]
    public void Nothing_selects_everything()
    {
        Selection selection = _filter.Parse("").Value;
        Assert.Equal((new Filter(), 0L, 0L), (selection.Filter, selection.Since, selection.Until));
        Assert.Empty(selection.View.Objects);
    }

    [Theory]
    [InlineData("--namespaze shop", "unknown flag --namespaze, did you mean --namespace?")]
    [InlineData("--since yesterday", "invalid value \"yesterday\" for --since: ")]
    [InlineData("--since 5m --until 10m", "--since 5m must be before --until 10m")]
    [InlineData("a/b/c/d", "invalid value \"a/b/c/d\" for OBJECT: ")]
    [InlineData("@file", null)]
    public void Bad_words_are_explained_as_on_the_command_line(string words, string? error)
    {
        string? actual = _filter.Parse(words).Error;
        if (error is null)
            Assert.Null(actual);
        else
            Assert.StartsWith(error, actual);
    }
}
