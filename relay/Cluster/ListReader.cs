using System.Buffers;
using System.IO.Pipelines;
using System.Text.Json;
using Depmap.Relay.Objects;

namespace Depmap.Relay.Cluster;

/// <summary>
/// Reads a list item by item as it comes: an API server may answer from its cache with all objects at once, tens of
/// megabytes in a large cluster, whatever page size was asked for.
/// </summary>
internal sealed class ListReader(Action<LocatedElement> onItem)
{
    private enum Place { Start, Members, Items, End }

    private Place _place;
    private string? _member;
    private JsonReaderState _state;
    private string _version = "";
    private string? _continue;

    /// <exception cref="JsonException">It is no list, or it was cut off.</exception>
    public async Task<ListPage> ReadAsync(PipeReader body, ApiUsage usage, CancellationToken cancellationToken)
    {
        while (true)
        {
            ReadResult read = await body.ReadAsync(cancellationToken);
            long consumed = Parse(read.Buffer, read.IsCompleted);
            usage.AddBytes(consumed);
            body.AdvanceTo(read.Buffer.GetPosition(consumed), read.Buffer.End);
            if (_place == Place.End)
                return new ListPage(_version, _continue);
            if (read.IsCompleted)
                throw new JsonException("the list was cut off");
        }
    }

    /// <summary>Takes what is there in whole values; returns how many bytes that was.</summary>
    private long Parse(in ReadOnlySequence<byte> buffer, bool isFinal)
    {
        var reader = new Utf8JsonReader(buffer, isFinal, _state);
        long consumed = 0;
        while (_place != Place.End && Step(ref reader, buffer))
        {
            consumed = reader.BytesConsumed;
            _state = reader.CurrentState;
        }

        return consumed;
    }

    /// <summary>One token, or one whole value; false where the buffer ends within it.</summary>
    private bool Step(ref Utf8JsonReader reader, in ReadOnlySequence<byte> buffer)
    {
        if (!reader.Read())
            return false;
        switch (_place)
        {
            case Place.Start:
                _place = reader.TokenType == JsonTokenType.StartObject ? Place.Members : throw new JsonException("the answer is no object");
                return true;
            case Place.Members when reader.TokenType == JsonTokenType.EndObject:
                _place = Place.End;
                return true;
            case Place.Members when reader.TokenType == JsonTokenType.PropertyName:
                _member = reader.GetString();
                return true;
            case Place.Members when _member == "items" && reader.TokenType == JsonTokenType.StartArray:
                _place = Place.Items;
                return true;
            case Place.Items when reader.TokenType == JsonTokenType.EndArray:
                _place = Place.Members;
                return true;
        }

        long start = reader.TokenStartIndex;
        if (!reader.TrySkip())
            return false;
        if (_place == Place.Items || _member == "metadata")
            Take(buffer.Slice(start, reader.BytesConsumed - start));
        return true;
    }

    private void Take(in ReadOnlySequence<byte> value)
    {
        byte[] text = ArrayPool<byte>.Shared.Rent((int)value.Length);
        try
        {
            value.CopyTo(text);
            ReadOnlyMemory<byte> whole = text.AsMemory(0, (int)value.Length);
            using JsonDocument document = JsonDocument.Parse(whole);
            var place = new LocatedElement(document.RootElement, whole);
            if (_place == Place.Items)
            {
                onItem(place);
                return;
            }

            _version = place.TextOrNull("resourceVersion") ?? "";
            _continue = place.TextOrNull("continue") is { Length: > 0 } more ? more : null;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(text);
        }
    }
}
