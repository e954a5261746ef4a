using System.Buffers;
using System.IO.Pipelines;
using System.Text.Json;
using Depmap.Relay.Objects;

namespace Depmap.Relay.Cluster;

/// <summary>
/// Reads the items of a list as a stream: from its cache, an API server may return all objects at once, tens of megabytes
/// in a large cluster, whatever page size was requested.
/// </summary>
internal sealed class ListReader(Action<LocatedElement> onItem)
{
    private enum Position { Start, Members, Items, End }

    private Position _position;
    private string? _member;
    private JsonReaderState _readerState;
    private string _version = "";
    private string? _continue;

    /// <exception cref="JsonException">The response is not a list, or is incomplete.</exception>
    public async Task<ListPage> ReadAsync(PipeReader body, ApiUsage usage, CancellationToken cancellationToken)
    {
        while (true)
        {
            ReadResult read = await body.ReadAsync(cancellationToken);
            long consumed = Parse(read.Buffer, read.IsCompleted);
            usage.AddBytes(consumed);
            body.AdvanceTo(read.Buffer.GetPosition(consumed), read.Buffer.End);
            if (_position == Position.End)
                return new ListPage(_version, _continue);
            if (read.IsCompleted)
                throw new JsonException("the list is incomplete");
        }
    }

    /// <summary>Reads the complete values in the buffer; returns their length in bytes.</summary>
    private long Parse(in ReadOnlySequence<byte> buffer, bool isFinal)
    {
        var reader = new Utf8JsonReader(buffer, isFinal, _readerState);
        long consumed = 0;
        while (_position != Position.End && Step(ref reader, buffer))
        {
            consumed = reader.BytesConsumed;
            _readerState = reader.CurrentState;
        }

        return consumed;
    }

    /// <summary>Reads one token or one complete value; returns false if the buffer ends before that.</summary>
    private bool Step(ref Utf8JsonReader reader, in ReadOnlySequence<byte> buffer)
    {
        if (!reader.Read())
            return false;
        switch (_position)
        {
            case Position.Start:
                _position = reader.TokenType == JsonTokenType.StartObject
                    ? Position.Members
                    : throw new JsonException("the response is not an object");
                return true;
            case Position.Members when reader.TokenType == JsonTokenType.EndObject:
                _position = Position.End;
                return true;
            case Position.Members when reader.TokenType == JsonTokenType.PropertyName:
                _member = reader.GetString();
                return true;
            case Position.Members when _member == "items" && reader.TokenType == JsonTokenType.StartArray:
                _position = Position.Items;
                return true;
            case Position.Items when reader.TokenType == JsonTokenType.EndArray:
                _position = Position.Members;
                return true;
        }

        long start = reader.TokenStartIndex;
        if (!reader.TrySkip())
            return false;
        if (_position == Position.Items || _member == "metadata")
            ReadValue(buffer.Slice(start, reader.BytesConsumed - start));
        return true;
    }

    private void ReadValue(in ReadOnlySequence<byte> value)
    {
        byte[] text = ArrayPool<byte>.Shared.Rent((int)value.Length);
        try
        {
            value.CopyTo(text);
            ReadOnlyMemory<byte> whole = text.AsMemory(0, (int)value.Length);
            using JsonDocument document = JsonDocument.Parse(whole);
            var place = new LocatedElement(document.RootElement, whole);
            if (_position == Position.Items)
            {
                onItem(place);
                return;
            }

            _version = place.GetStringOrNull("resourceVersion") ?? "";
            _continue = place.GetStringOrNull("continue") is { Length: > 0 } more ? more : null;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(text);
        }
    }
}
