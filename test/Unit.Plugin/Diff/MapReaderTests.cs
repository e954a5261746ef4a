using System.Text;
using Depmap.Common.Options;
using Depmap.Plugin.Diff;
using Depmap.Plugin.Output;

namespace Depmap.Plugin.Tests.Diff;

public sealed class MapReaderTests
{
    private static Parsed<EdgeFields[]> Read(string json) => MapReader.Read(Encoding.UTF8.GetBytes(json), "map.json");

    [Fact]
    public void What_map_prints_is_read()
    {
        string json = MapJson.Write(MapFields.Of([.. Examples.Edges], default));
        Assert.Equal(Examples.Edges.Count(), Read(json).Value.Length);
        Assert.Equal(json, MapJson.Write(MapFields.Of([.. Examples.Edges], default)));
        Assert.Empty(MapDiff.Compare(Read(json).Value, Read("\uFEFF" + json).Value, []));
        Assert.Empty(MapDiff.Compare(Read(json).Value, Examples.Edges.Select(EdgeFields.Of), []));
    }

    [Theory]
    [InlineData("", "line 1: it is empty")]
    [InlineData(" \n ", "it is empty")]
    [InlineData("{}", "line 1: it has no edges, so it is no map")]
    [InlineData("null", "line 1: it has no edges, so it is no map")]
    [InlineData("[]", "line 1: $ is of another type than in a map")]
    [InlineData("{\n \"edges\": [\n  {\"forwarded\": -1}]}", "line 3: $.edges[0].forwarded is of another type than in a map")]
    [InlineData("{\"version\": 2, \"edges\": []}", "line 1: it is of version 2, from a newer version of Depmap")]
    [InlineData("{\n \"edges\": 5}", "line 2: $.edges is of another type than in a map")]
    [InlineData("{\n \"edges\": [],\n \"extra\": 1}", "line 3: unknown field \"extra\": it is no map, or from a newer version of Depmap")]
    [InlineData("{\"edges\": [{\"flux\": 1}]}", "unknown field \"flux\": it is no map, or from a newer version of Depmap")]
    [InlineData("{\"edges\": [{\"a\u202Eb\": 1}]}", "unknown field \"a\\u202eb\"")]
    [InlineData("{\n\"edges\": [\n null]}", "line 3: an edge without source, destination or protocol")]
    [InlineData("{\n\"edges\": [\n {\"source\": {}, \"protocol\": \"TCP\"}]}", "line 3: an edge without source")]
    [InlineData("{\"edges\": [", "line 1: it is no JSON: ")]
    [InlineData("CLIENT   SERVER\n", "line 1: it is no JSON: ")]
    [InlineData("{\"edges\": []}\n{\"edges\": []}", "line 2: it is no JSON: ")]
    public void What_is_no_map_is_refused_with_line_and_reason(string json, string error)
    {
        string actual = Read(json).Error!;
        Assert.StartsWith("map.json, line ", actual);
        Assert.Contains(error, actual);
        Assert.EndsWith(". Use a file of map -o json", actual);
        Assert.DoesNotContain("Depmap.Plugin", actual);
    }
}
