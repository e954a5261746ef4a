using System.Runtime.InteropServices;
using System.Text.Json;

namespace Depmap.Relay.Objects;

/// <summary>A JSON element that knows its line, so that a wrong one can be pointed at.</summary>
/// <param name="element">The element.</param>
/// <param name="text">The whole text that it was parsed from.</param>
internal readonly struct LocatedElement(JsonElement element, ReadOnlyMemory<byte> text)
{
    /// <summary>The member, or null where it is absent or JSON null.</summary>
    public LocatedElement? Find(string name) =>
        element.TryGetProperty(name, out JsonElement member) && member.ValueKind != JsonValueKind.Null
            ? new LocatedElement(member, text)
            : null;

    public LocatedElement Object(string name) => ObjectOrNull(name) ?? throw Expected($"\"{name}\" to be an object");

    public LocatedElement? ObjectOrNull(string name) => Find(name)?.Must(JsonValueKind.Object, $"\"{name}\" to be an object");

    public string Text(string name) => TextOrNull(name) ?? throw Expected($"\"{name}\" to be a string");

    public bool IsText(string name) => Find(name)?.Kind == JsonValueKind.String;

    public string? TextOrNull(string name) => Find(name)?.AsText($"\"{name}\" to be a string");

    public bool Flag(string name, bool otherwise) => Find(name) is not { } member ? otherwise
        : member.Kind switch
        {
            JsonValueKind.True => true,
            JsonValueKind.False => false,
            _ => throw member.Expected($"\"{name}\" to be true or false"),
        };

    public ushort? PortOrNull(string name) => Find(name) is not { } member ? null
        : member.Kind == JsonValueKind.Number && member.Element.TryGetUInt16(out ushort port) ? port
        : throw member.Expected($"\"{name}\" to be a port number");

    public int? NumberOrNull(string name) => Find(name) is { Kind: JsonValueKind.Number } member && member.Element.TryGetInt32(out int number) ? number : null;

    /// <summary>A time as Kubernetes writes it (RFC 3339), in Unix nanoseconds.</summary>
    public long? TimeOrNull(string name) => Find(name) is not { } member ? null
        : member.Kind == JsonValueKind.String && member.Element.TryGetDateTimeOffset(out DateTimeOffset time) ? UnixTime.Of(time)
        : throw member.Expected($"\"{name}\" to be a time such as 2026-05-04T10:11:12Z");

    /// <summary>The entries of a list; none where it is absent.</summary>
    public IEnumerable<LocatedElement> List(string name) => Find(name)?.Entries(name) ?? [];

    public string AsText(string expected) => Must(JsonValueKind.String, expected).Element.GetString()!;

    public LocatedElement AsObject(string expected) => Must(JsonValueKind.Object, expected);

    public ObjectsException Expected(string what) => new(Line(), "expected " + what);

    private JsonElement Element => element;

    private JsonValueKind Kind => element.ValueKind;

    private LocatedElement Must(JsonValueKind kind, string expected) => Kind == kind ? this : throw Expected(expected);

    private IEnumerable<LocatedElement> Entries(string name)
    {
        ReadOnlyMemory<byte> whole = text;
        return Must(JsonValueKind.Array, $"\"{name}\" to be a list").Element.EnumerateArray().Select(e => new LocatedElement(e, whole));
    }

    private int Line()
    {
        ReadOnlySpan<byte> whole = text.Span;
        return whole.Overlaps(JsonMarshal.GetRawUtf8Value(element), out int offset) ? whole[..offset].Count((byte)'\n') + 1 : 0;
    }
}
