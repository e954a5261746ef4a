using System.Runtime.InteropServices;
using System.Text.Json;

namespace Depmap.Relay.Objects;

/// <summary>A JSON element that knows its line, for error messages.</summary>
/// <param name="element">The element.</param>
/// <param name="text">The complete text that the element was parsed from.</param>
internal readonly struct LocatedElement(JsonElement element, ReadOnlyMemory<byte> text)
{
    /// <summary>The member, or null if it is absent or JSON null.</summary>
    public LocatedElement? Find(string name) =>
        element.TryGetProperty(name, out JsonElement member) && member.ValueKind != JsonValueKind.Null
            ? new LocatedElement(member, text)
            : null;

    public LocatedElement GetObject(string name) => GetObjectOrNull(name) ?? throw CreateException($"\"{name}\" to be an object");

    public LocatedElement? GetObjectOrNull(string name) => Find(name)?.Require(JsonValueKind.Object, $"\"{name}\" to be an object");

    public string GetString(string name) => GetStringOrNull(name) ?? throw CreateException($"\"{name}\" to be a string");

    public bool IsString(string name) => Find(name)?.Kind == JsonValueKind.String;

    public string? GetStringOrNull(string name) => Find(name)?.AsString($"\"{name}\" to be a string");

    public bool GetBoolean(string name, bool defaultValue) => Find(name) is not { } member ? defaultValue
        : member.Kind switch
        {
            JsonValueKind.True => true,
            JsonValueKind.False => false,
            _ => throw member.CreateException($"\"{name}\" to be true or false"),
        };

    public ushort? GetPortOrNull(string name) => Find(name) is not { } member ? null
        : member.Kind == JsonValueKind.Number && member.Element.TryGetUInt16(out ushort port) ? port
        : throw member.CreateException($"\"{name}\" to be a port number");

    public int? GetInt32OrNull(string name) =>
        Find(name) is { Kind: JsonValueKind.Number } member && member.Element.TryGetInt32(out int number) ? number : null;

    /// <summary>An RFC 3339 time, in Unix nanoseconds.</summary>
    public long? GetTimeOrNull(string name) => Find(name) is not { } member ? null
        : member.Kind == JsonValueKind.String && member.Element.TryGetDateTimeOffset(out DateTimeOffset time) ? UnixTime.Of(time)
        : throw member.CreateException($"\"{name}\" to be a time such as 2026-05-04T10:11:12Z");

    /// <summary>The entries of a list; empty if it is absent.</summary>
    public IEnumerable<LocatedElement> GetList(string name) => Find(name)?.GetEntries(name) ?? [];

    /// <summary>The members of an object whose values are strings.</summary>
    public IEnumerable<KeyValuePair<string, string>> GetStrings(string expected)
    {
        ReadOnlyMemory<byte> whole = text;
        return element.EnumerateObject()
            .Select(member => KeyValuePair.Create(member.Name, new LocatedElement(member.Value, whole).AsString(expected)));
    }

    public string AsString(string expected) => Require(JsonValueKind.String, expected).Element.GetString()!;

    public LocatedElement AsObject(string expected) => Require(JsonValueKind.Object, expected);

    public ObjectsException CreateException(string what) => new(GetLine(), "expected " + what);

    private JsonElement Element => element;

    private JsonValueKind Kind => element.ValueKind;

    private LocatedElement Require(JsonValueKind kind, string expected) => Kind == kind ? this : throw CreateException(expected);

    private IEnumerable<LocatedElement> GetEntries(string name)
    {
        ReadOnlyMemory<byte> whole = text;
        return Require(JsonValueKind.Array, $"\"{name}\" to be a list").Element.EnumerateArray().Select(e => new LocatedElement(e, whole));
    }

    private int GetLine()
    {
        ReadOnlySpan<byte> whole = text.Span;
        return whole.Overlaps(JsonMarshal.GetRawUtf8Value(element), out int offset) ? whole[..offset].Count((byte)'\n') + 1 : 0;
    }
}
