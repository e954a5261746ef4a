using System.Buffers;
using System.IO.Pipelines;
using System.Text.Json;
using Depmap.Relay.Objects;

namespace Depmap.Relay.Cluster;

/// <summary>Reads a watch: one event a line. What a broken connection left of a line is no event.</summary>
internal static class WatchReader
{
    /// <param name="onEvent">Given the object, which is good during the call only.</param>
    /// <param name="onNews">Called before each read's events.</param>
    /// <exception cref="JsonException">A line is no event.</exception>
    public static async Task ReadAsync(
        PipeReader body, ApiUsage usage, Action onNews, Action<WatchEvent, LocatedElement> onEvent, CancellationToken cancellationToken)
    {
        while (true)
        {
            ReadResult read = await body.ReadAsync(cancellationToken);
            onNews();
            ReadOnlySequence<byte> rest = read.Buffer;
            while (rest.PositionOf((byte)'\n') is { } end)
            {
                Take(rest.Slice(0, end), onEvent);
                rest = rest.Slice(rest.GetPosition(1, end));
            }

            usage.AddBytes(read.Buffer.Length - rest.Length);
            body.AdvanceTo(rest.Start, rest.End);
            if (read.IsCompleted)
                return;
        }
    }

    private static void Take(in ReadOnlySequence<byte> line, Action<WatchEvent, LocatedElement> onEvent)
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
            WatchEvent change = place.Text("type") switch
            {
                "ADDED" or "MODIFIED" => WatchEvent.AddedOrModified,
                "DELETED" => WatchEvent.Deleted,
                "BOOKMARK" => WatchEvent.Bookmark,
                "ERROR" => WatchEvent.Error,
                var unknown => throw new JsonException($"an event of unknown type {unknown}"),
            };
            onEvent(change, place.Object("object"));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(text);
        }
    }
}
