using System.Buffers;
using System.IO.Pipelines;
using System.Text.Json;
using Depmap.Relay.Objects;

namespace Depmap.Relay.Cluster;

/// <summary>Reads a watch: one event per line. Ignores an incomplete line at the end of a broken connection.</summary>
internal static class WatchReader
{
    /// <param name="onEvent">Receives the object, which is valid only during the call.</param>
    /// <param name="onRead">Called before each read's events.</param>
    /// <exception cref="JsonException">A line is not an event.</exception>
    public static async Task ReadAsync(
        PipeReader body, ApiUsage usage, Action onRead, Action<WatchEvent, LocatedElement> onEvent, CancellationToken cancellationToken)
    {
        while (true)
        {
            ReadResult read = await body.ReadAsync(cancellationToken);
            onRead();
            ReadOnlySequence<byte> rest = read.Buffer;
            while (rest.PositionOf((byte)'\n') is { } end)
            {
                ReadEvent(rest.Slice(0, end), onEvent);
                rest = rest.Slice(rest.GetPosition(1, end));
            }

            usage.AddBytes(read.Buffer.Length - rest.Length);
            body.AdvanceTo(rest.Start, rest.End);
            if (read.IsCompleted)
                return;
        }
    }

    private static void ReadEvent(in ReadOnlySequence<byte> line, Action<WatchEvent, LocatedElement> onEvent)
    {
        if (line.IsEmpty)
            return;
        byte[] text = ArrayPool<byte>.Shared.Rent((int)line.Length);
        try
        {
            line.CopyTo(text);
            ReadOnlyMemory<byte> whole = text.AsMemory(0, (int)line.Length);
            using JsonDocument document = JsonDocument.Parse(whole);
            LocatedElement place = new LocatedElement(document.RootElement, whole).AsObject("an event");
            WatchEvent change = place.GetString("type") switch
            {
                "ADDED" or "MODIFIED" => WatchEvent.AddedOrModified,
                "DELETED" => WatchEvent.Deleted,
                "BOOKMARK" => WatchEvent.Bookmark,
                "ERROR" => WatchEvent.Error,
                var unknown => throw new JsonException($"unknown event type {unknown}"),
            };
            onEvent(change, place.GetObject("object"));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(text);
        }
    }
}
