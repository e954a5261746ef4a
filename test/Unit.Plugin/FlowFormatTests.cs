using System.Globalization;
using System.Text;
using System.Text.Json;
using Depmap.Plugin.Output;
using Depmap.V1;

namespace Depmap.Plugin.Tests;

/// <summary>The formats of <c>observe</c> beside <c>json</c> and <c>compact</c>.</summary>
public sealed class FlowFormatTests
{
    private static readonly Flow[] All = [.. Examples.Flows, Examples.Closed, Examples.ClosedDrop];

    [Theory]
    [InlineData("wide", "wide")]
    [InlineData("dict", "dict")]
    [InlineData("jsonpb", "jsonpb")]
    [InlineData("compact_with_closes", "compact")]
    [InlineData("json_with_closes", "json")]
    [InlineData(
        "jsonpath",
        "jsonpath={.time}{'\\t'}{.source.pod}:{.source['port']} -> {.destination.names[*]} {.destination.names[-1]}{\"\\n\"}")]
    [InlineData(
        "custom-columns",
        "custom-columns=CLIENT:.source.workload,SERVER:{.destination.service},NAMES:destination.names,ALL:.destination.names[*]")]
    public Task Flows_are_printed(string name, string format) => Snapshot.Match(Print(format, All), name);

    [Fact]
    public void Wide_marks_the_verdict_by_color() =>
        Assert.Contains("\e[31mDROPPED  \e[0m", Print("wide", [Examples.DroppedWithDetail], color: true));

    [Theory]
    [InlineData("json")]
    [InlineData("jsonpb")]
    [InlineData("compact")]
    [InlineData("wide")]
    [InlineData("dict")]
    [InlineData("jsonpath={.source.pod} {.destination}")]
    [InlineData("custom-columns=CLIENT:.source.pod,SERVER:.destination")]
    public void No_character_that_a_terminal_acts_on_is_printed(string format)
    {
        const string hostile = "a\e[31m\u0007\u007f\u009b\u202e\u2066\u200f\u061c\u2028b\r\nc";
        Flow flow = Examples.DroppedWithDetail;
        (flow.Source.Pod, flow.Source.Workload, flow.Node, flow.DropReasonDetail) = (hostile, $"Job/{hostile}", hostile, hostile);
        flow.Destination = new Endpoint
        {
            Name = hostile, Names = { hostile, hostile }, Ip = hostile, Namespace = hostile, Service = hostile,
        };

        string printed = Print(format, [flow]);

        Assert.DoesNotContain(printed, letter => char.IsControl(letter) && letter != '\n');
        Assert.DoesNotContain(printed, letter => "\u202e\u2066\u200f\u061c\u2028".Contains(letter));
        Assert.Contains("\\u001b", printed, StringComparison.OrdinalIgnoreCase);
        if (format.StartsWith("json", StringComparison.Ordinal) && !format.Contains('='))
            JsonDocument.Parse(printed).Dispose();
    }

    [Fact]
    public void Of_all_characters_only_those_that_are_printable_are_printed()
    {
        // UAX 9: the explicit marks and the implicit ones. And the separators of lines and paragraphs.
        const string marks = "\u061c\u200e\u200f\u2028\u2029\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069";
        for (int code = 0; code <= char.MaxValue; code++)
        {
            string text = $"a{(char)code}b";
            bool isUnsafe = char.GetUnicodeCategory((char)code) is UnicodeCategory.Control or UnicodeCategory.Format
                or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator or UnicodeCategory.OtherNotAssigned
                or UnicodeCategory.PrivateUse or UnicodeCategory.Surrogate;
            Assert.True(isUnsafe || (!char.IsControl((char)code) && !marks.Contains((char)code)));
            Assert.Equal(isUnsafe ? $"a\\u{code:x4}b" : text, PlainText.Of(text));
            Assert.Equal(!isUnsafe && code != Rune.ReplacementChar.Value, PlainText.IsSafe(text));
        }
    }

    [Theory]
    [InlineData("json")]
    [InlineData("jsonpb")]
    [InlineData("compact")]
    [InlineData("wide")]
    [InlineData("dict")]
    public void A_recorded_flow_is_printed_like_the_flow_itself(string format)
    {
        // What takes less than a microsecond is recorded as one.
        Flow[] flows = [.. All.Where(flow => flow.HandshakeNs is 0 or >= 1000)];
        foreach (Flow flow in flows)
            flow.HandshakeNs -= flow.HandshakeNs % 1000;
        Flow[] recorded = [.. Print("json", flows).TrimEnd('\n').Split('\n').Select(line => FlowRecord.Parse(line)!)];
        Assert.Equal(Print(format, flows), Print(format, recorded));
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("1")]
    [InlineData("null")]
    [InlineData("{}")]
    [InlineData("""{"time":"today","source":{},"destination":{}}""")]
    [InlineData("""{"time":1,"source":{},"destination":{}}""")]
    [InlineData("""{"time":"2026-05-04T10:11:12Z","source":[],"destination":{}}""")]
    [InlineData("""{"time":"2026-05-04T10:11:12Z","source":{"port":-1},"destination":{}}""")]
    [InlineData("""{"time":"2026-05-04T10:11:12Z","source":{"port":99999999999},"destination":{}}""")]
    [InlineData("""{"time":"2026-05-04T10:11:12Z","source":{"pod":7},"destination":{}}""")]
    [InlineData("""{"time":"2026-05-04T10:11:12Z","source":{},"destination":{"names":"x"}}""")]
    [InlineData("""{"time":"2026-05-04T10:11:12Z","source":{},"destination":{},"guessed":"yes"}""")]
    public void What_is_no_flow_is_not_read(string line) => Assert.Null(FlowRecord.Parse(line));

    [Fact]
    public void Fields_of_later_versions_are_ignored() => Assert.NotNull(FlowRecord.Parse(
        """{"time":"2026-05-04T10:11:12Z","source":{"new":1},"destination":{},"later":[1],"verdict":"AUDITED","drop_reason":"NEW"}"""));

    [Theory]
    [InlineData("jsn", "use json, jsonpb, compact, wide, dict, jsonpath=TEMPLATE or custom-columns=COLUMNS, did you mean json?")]
    [InlineData("jsonpath", "use json, jsonpb, compact, wide, dict, jsonpath=TEMPLATE or custom-columns=COLUMNS")]
    [InlineData("go-template={{.time}}", "Go templates are not supported, use jsonpath=TEMPLATE")]
    [InlineData("jsonpath=", "use text and paths in braces, such as {.source.pod} or {.destination.names[*]}")]
    [InlineData("jsonpath=.source.pod", "use text and paths in braces, such as {.source.pod} or {.destination.names[*]}")]
    [InlineData("jsonpath={.source", "use text and paths in braces, such as {.source.pod} or {.destination.names[*]}")]
    [InlineData("jsonpath={..pod}", "use text and paths in braces, such as {.source.pod} or {.destination.names[*]}")]
    [InlineData("jsonpath={range .names[*]}", "use text and paths in braces, such as {.source.pod} or {.destination.names[*]}")]
    [InlineData("jsonpath={.names[?(@.x==1)]}", "use text and paths in braces, such as {.source.pod} or {.destination.names[*]}")]
    [InlineData("jsonpath={.names[1:2]}", "use text and paths in braces, such as {.source.pod} or {.destination.names[*]}")]
    [InlineData("jsonpath={'x'}", "use text and paths in braces, such as {.source.pod} or {.destination.names[*]}")]
    [InlineData("custom-columns=", "use NAME:PATH, separated by commas, such as CLIENT:.source.pod,SERVER:.destination.service")]
    [InlineData("custom-columns=A", "use NAME:PATH, separated by commas, such as CLIENT:.source.pod,SERVER:.destination.service")]
    [InlineData("custom-columns=A:.a,:.b", "use NAME:PATH, separated by commas, such as CLIENT:.source.pod,SERVER:.destination.service")]
    [InlineData("custom-columns=A:..a", "use NAME:PATH, separated by commas, such as CLIENT:.source.pod,SERVER:.destination.service")]
    public void A_wrong_format_is_an_error(string format, string error) =>
        Assert.StartsWith(error, FlowFormats.Parse(format).Error);

    private static string Print(string format, IEnumerable<Flow> flows, bool color = false)
    {
        using var output = new MemoryStream();
        var printer = new FlowPrinter(output, FlowFormats.Parse(format).Value(TimeZoneInfo.Utc, color));
        foreach (Flow flow in flows)
            printer.Print(flow);
        return Encoding.UTF8.GetString(output.ToArray());
    }
}
