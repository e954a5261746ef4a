using System.Buffers;
using System.Text;
using System.Text.Json;
using Depmap.Common.Options;
using Depmap.V1;

namespace Depmap.Plugin.Output;

/// <summary>
/// Prints a flow by a template, as kubectl's <c>-o jsonpath</c>: text, and in braces paths into the flow's JSON object or quoted text.
/// Each flow is a line.
/// </summary>
internal sealed class FlowJsonPath : IFlowFormat
{
    private const string Use = "use text and paths in braces, such as {.source.pod} or {.destination.names[*]}";

    private readonly FlowJson _json = new();
    private readonly IReadOnlyList<Part> _parts;

    private FlowJsonPath(IReadOnlyList<Part> parts) => _parts = parts;

    public static Parsed<FlowJsonPath> Parse(string template)
    {
        List<Part> parts = [];
        for (int at = 0; at < template.Length;)
        {
            int open = template.IndexOf('{', at);
            if (open != at)
            {
                string text = open < 0 ? template[at..] : template[at..open];
                if (text.Contains('}'))
                    return Parsed<FlowJsonPath>.Invalid(Use);
                parts.Add(new Part(text, null));
                at += text.Length;
                continue;
            }

            if (ReadBraces(template, ref at) is not { } part)
                return Parsed<FlowJsonPath>.Invalid(Use);
            parts.Add(part);
        }

        return parts.Any(part => part.Path is not null) ? new FlowJsonPath(parts) : Parsed<FlowJsonPath>.Invalid(Use);
    }

    public void Write(Flow flow, IBufferWriter<byte> line)
    {
        using JsonDocument document = JsonDocument.Parse(_json.Serialize(flow));
        var text = new StringBuilder(160);
        foreach (Part part in _parts)
        {
            if (part.Path is null)
                text.Append(part.Text);
            else
                text.AppendJoin(' ', part.Path.Find(document.RootElement).Select(JsonValueText.Of));
        }

        // The printer ends the line.
        if (text is { Length: > 0 } && text[^1] == '\n')
            text.Length--;
        Encoding.UTF8.GetBytes(text.ToString(), line);
    }

    private static Part? ReadBraces(string template, ref int at)
    {
        string rest = template[(at + 1)..];
        string trimmed = rest.TrimStart();
        if (trimmed is ['"' or '\'', ..])
        {
            int end = trimmed.IndexOf(trimmed[0], 1);
            int close = end < 0 ? -1 : trimmed.IndexOf('}', end);
            if (close < 0 || trimmed[(end + 1)..close].Trim().Length > 0)
                return null;
            at = template.Length - trimmed.Length + close + 1;
            return new Part(Unescape(trimmed[1..end]), null);
        }

        int brace = rest.IndexOf('}');
        if (brace <= 0 || JsonPath.Parse(rest[..brace]) is not { } path || rest[..brace].Trim() is not ['.' or '[' or '$' or '@', ..])
            return null;
        at += brace + 2;
        return new Part("", path);
    }

    private static string Unescape(string text) => text
        .Replace("\\n", "\n", StringComparison.Ordinal).Replace("\\t", "\t", StringComparison.Ordinal)
        .Replace("\\r", "\r", StringComparison.Ordinal);

    private readonly record struct Part(string Text, JsonPath? Path);
}
