using System.Text;
using System.Text.Json;
using Depmap.Common;
using Depmap.Plugin.Output;
using Depmap.V1;

namespace Depmap.Plugin.Tests;

public sealed class FlowOutputTests
{
    [Fact]
    public Task Json_has_one_object_per_line_without_unknown_fields() => Snapshot.Match(Print(new FlowJson()));

    [Fact]
    public Task Compact_is_aligned_and_without_color_in_a_pipe() => Snapshot.Match(Print(new FlowCompact(TimeZoneInfo.Utc, color: false)));

    [Fact]
    public Task Compact_has_color_in_a_terminal() =>
        Snapshot.Match(Print(new FlowCompact(TimeZoneInfo.Utc, color: true)).Replace("\e", "ESC"));

    [Fact]
    public Task The_policy_of_a_dropped_flow_is_named() => Snapshot.Match(
        Print(new FlowCompact(TimeZoneInfo.Utc, color: false), Examples.PolicyFlows) + Print(new FlowJson(), Examples.PolicyFlows));

    [Fact]
    public void Json_is_the_documented_line()
    {
        const string line =
            """{"time":"2026-05-04T10:11:12.131415161Z","verdict":"FORWARDED","protocol":"TCP","""
            + "\"source\"" + """:{"namespace":"shop","pod":"web-5d8f-x2x","workload":"Deployment/web","ip":"10.244.0.2","port":43210},"""
            + "\"destination\"" + """:{"namespace":"shop","service":"cart","pod":"cart-7c9-q1z","workload":"Deployment/cart","""
            + "\"ip\"" + """:"10.96.0.10","port":80,"pod_ip":"10.244.1.3","pod_port":8080},"node":"node-a","handshake_us":180,"""
            + "\"id\"" + """:"5f3a9c0000000001"}""";
        Assert.Equal(line + "\n", Print(new FlowJson(), Examples.Forwarded));
    }

    [Theory]
    [InlineData(0UL, null)]
    [InlineData(1UL, 1L)]
    [InlineData(999UL, 1L)]
    [InlineData(1_999UL, 1L)]
    [InlineData(2_000UL, 2L)]
    public void A_known_handshake_takes_at_least_a_microsecond(ulong nanoseconds, long? microseconds)
    {
        Flow flow = Examples.Forwarded;
        flow.HandshakeNs = nanoseconds;
        using JsonDocument json = JsonDocument.Parse(Print(new FlowJson(), flow));
        Assert.Equal(microseconds, json.RootElement.TryGetProperty("handshake_us", out JsonElement value) ? value.GetInt64() : null);
    }

    [Theory]
    [InlineData(0L, "1970-01-01T00:00:00.000000000Z")]
    [InlineData(1L, "1970-01-01T00:00:00.000000001Z")]
    [InlineData(-1L, "1969-12-31T23:59:59.999999999Z")]
    [InlineData(Examples.Time, "2026-05-04T10:11:12.131415161Z")]
    [InlineData(long.MaxValue, "2262-04-11T23:47:16.854775807Z")]
    public void Time_keeps_all_nanoseconds(long unixNanoseconds, string text) => Assert.Equal(text, UnixTime.ToRfc3339(unixNanoseconds));

    [Fact]
    public void Each_line_is_written_immediately_with_one_write()
    {
        using var output = new CountingStream();
        var printer = new FlowPrinter(output, new FlowJson());
        printer.Print(Examples.Forwarded);
        Assert.Equal(1, output.Writes);
        Assert.EndsWith("}\n", Encoding.UTF8.GetString(output.ToArray()));
        printer.Print(Examples.DroppedWithDetail);
        Assert.Equal(2, output.Writes);
    }

    [Fact]
    public void Control_characters_in_names_are_escaped()
    {
        Flow flow = Examples.Forwarded;
        flow.Source.Pod = "a\"b\\c\nd\u001bé";
        string line = Print(new FlowJson(), flow);
        Assert.Equal(1, line.Count(letter => letter == '\n'));
        using JsonDocument json = JsonDocument.Parse(line);
        Assert.Equal(flow.Source.Pod, json.RootElement.GetProperty("source").GetProperty("pod").GetString());
    }

    private static string Print(IFlowFormat format, params IEnumerable<Flow> flows)
    {
        using var output = new MemoryStream();
        var printer = new FlowPrinter(output, format);
        foreach (Flow flow in flows.Any() ? flows : Examples.Flows)
            printer.Print(flow);
        return Encoding.UTF8.GetString(output.ToArray());
    }

    private sealed class CountingStream : MemoryStream
    {
        public int Writes { get; private set; }

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            Writes++;
            base.Write(buffer);
        }
    }
}
