using System.Text.Json.Nodes;
using CsCheck;
using Depmap.Plugin.Yaml;
using YamlDotNet.Core;

namespace Depmap.Plugin.Tests.Yaml;

/// <summary>Documents that people write, and documents that would exhaust the stack or the memory. kubectl rejects the same ones.</summary>
public sealed class YamlJsonTests
{
    [Theory]
    [InlineData("a: &x {b: 1}\nc: *x", """{"a":{"b":1},"c":{"b":1}}""")]
    [InlineData("a: &x 1\nb: *x\nc: &x 2\nd: *x", """{"a":1,"b":1,"c":2,"d":2}""")]
    [InlineData("x: &x {b: 1, c: 2}\na: {c: 3, <<: *x}", """{"x":{"b":1,"c":2},"a":{"c":3,"b":1}}""")]
    [InlineData("&x a: b\nc: *x", """{"a":"b","c":"a"}""")]
    [InlineData("a: {<<: [{b: 1}, {b: 2, c: 2}], d: 3}", """{"a":{"d":3,"b":1,"c":2}}""")]
    [InlineData("a: {'<<': text}", """{"a":{"\u003C\u003C":"text"}}""")]
    [InlineData("a: 1\na: 2", """{"a":2}""")]
    [InlineData("a: !!str 12\nb: ! 3\nc: '4'\nd: !!int 5", """{"a":"12","b":"3","c":"4","d":5}""")]
    [InlineData("a: 1e999\nb: 99999999999999999999", """{"a":"1e999","b":1E+20}""")]
    [InlineData("a:\tb", """{"a":"b"}""")]
    [InlineData("1: a\ntrue: b\n~: c", """{"1":"a","true":"b","~":"c"}""")]
    [InlineData("---\n---\na: 1\n---\nb: [", """{"a":1}""")]
    public void It_is_read_like_kubectl(string yaml, string json) =>
        Assert.Equal(json, YamlJson.Read(new StringReader(yaml)).First().ToJsonString());

    [Theory]
    [InlineData("a: &x [1, *x]", 1, "the anchor &x contains itself")]
    [InlineData("a: &x\n  b: {c: *x}", 2, "the anchor &x contains itself")]
    [InlineData("&x a: &x {<<: *x}", 1, "the anchor &x contains itself")]
    [InlineData("a: *nothing", 1, "there is no anchor &nothing")]
    [InlineData("a: 1\n? [b, c]\n: d", 2, "a key is not a text")]
    [InlineData("a: {<<: 1}", 1, "the value of << is not a map")]
    [InlineData("a:\n  server: {{ .Host }}\n", 2, "it contains a template {{ }} that was not rendered")]
    [InlineData("a:\n  server: {{ .Host }}-x\n", 2, "it contains a template {{ }} that was not rendered")]
    [InlineData("a:\n{{- if .X }}\n  b: 1", 2, "it contains a template {{ }} that was not rendered")]
    [InlineData("a:\n\t- b\n", 2, "it is indented with a tab. Use spaces")]
    [InlineData("a:\n  b: 1\n\tc: 2\n", 3, "it is indented with a tab. Use spaces")]
    [InlineData("a: 1\nb\0: 2", 2, "it contains null characters. Save the file as UTF-8")]
    public void An_error_says_the_line_and_the_cause(string yaml, int line, string message)
    {
        YamlException failure = Assert.ThrowsAny<YamlException>(() => YamlJson.Read(new StringReader(yaml)).Count());
        Assert.Equal((line, message), ((int)failure.Start.Line, failure.Message));
    }

    [Theory]
    [InlineData("[")]
    [InlineData("{a: ")]
    [InlineData("- ")]
    public void Deep_nesting_is_an_error(string opening)
    {
        string text = string.Concat(Enumerable.Repeat(opening, 200_000));
        YamlException failure = Assert.ThrowsAny<YamlException>(() => YamlJson.Read(new StringReader(text)).Count());
        Assert.Equal("it is nested more than 100 levels deep", failure.Message);
    }

    [Fact]
    public void Aliases_cannot_multiply_the_depth()
    {
        string text = "a0: &a0 1\n" + string.Concat(Enumerable.Range(1, 200).Select(i => $"a{i}: &a{i} [*a{i - 1}]\n"));
        YamlException failure = Assert.ThrowsAny<YamlException>(() => YamlJson.Read(new StringReader(text)).Count());
        Assert.Equal("it is nested more than 100 levels deep", failure.Message);
    }

    [Fact]
    public void Aliases_cannot_multiply_the_size()
    {
        string text = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n"
            + string.Concat(Enumerable.Range(1, 9).Select(i => $"a{i}: &a{i} [{string.Join(',', Enumerable.Repeat($"*a{i - 1}", 9))}]\n"));
        YamlException failure = Assert.ThrowsAny<YamlException>(() => YamlJson.Read(new StringReader(text)).Count());
        Assert.Equal("its aliases repeat more than 100000 values", failure.Message);
    }

    [Fact]
    public void Any_text_is_read_or_is_a_YamlException()
    {
        Gen.Char["ab:-[]{}*&<>!|#'\" \n\t?,%@~0.\r\u0085\ufeff"].Array[0, 60].Sample(characters =>
        {
            try
            {
                foreach (JsonNode document in YamlJson.Read(new StringReader(new string(characters))))
                    document.ToJsonString();
            }
            catch (YamlException)
            {
                // As documented.
            }
        }, seed: "1M3aCrG2Rv21"); // a text that YamlDotNet fails on
    }
}
