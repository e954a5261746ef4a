using Depmap.Common.Options;
using Depmap.Plugin.Diff;
using Depmap.Plugin.Options;
using Depmap.Plugin.Output;

namespace Depmap.Plugin.Commands;

/// <summary>Where a map to compare comes from.</summary>
/// <param name="Name">As the user typed it.</param>
/// <param name="File">A path, or <c>-</c> for stdin; null for the relay.</param>
/// <param name="Since">Of a period of the relay, Unix nanoseconds; 0 for all.</param>
/// <param name="Until">Likewise; 0 for now.</param>
internal sealed record MapSource(string Name, string? File, long Since, long Until)
{
    private const string Dots = "..";

    /// <summary>The error is a complete message.</summary>
    public static Parsed<MapSource> Parse(string text, TimeProvider timeProvider)
    {
        if (text == "live")
            return new MapSource(text, null, 0, 0);
        if (text == "-" || System.IO.File.Exists(text) || !text.Contains(Dots, StringComparison.Ordinal) || text.Contains('/'))
            return new MapSource(text, text, 0, 0);

        int dots = text.IndexOf(Dots, StringComparison.Ordinal);
        Parsed<long> from = SinceParser.Parse(text[..dots], timeProvider);
        string end = text[(dots + Dots.Length)..];
        Parsed<long> to = end.Length == 0 ? 0 : SinceParser.Parse(end, timeProvider);
        if ((from.Error ?? to.Error) is { } error)
            return Parsed<MapSource>.Invalid($"\"{PlainText.Of(text)}\" is neither a file nor a period FROM..TO: {error}");
        return to.Value > 0 && from.Value >= to.Value
            ? Parsed<MapSource>.Invalid($"the period \"{text}\" must begin before it ends")
            : new MapSource(text, null, Math.Max(1, from.Value), to.Value);
    }

    /// <summary>The error is a complete message.</summary>
    public static async Task<Parsed<EdgeFields[]>> ReadFileAsync(string path, CancellationToken cancellationToken)
    {
        try
        {
            if (path != "-")
                return MapReader.Read(await System.IO.File.ReadAllBytesAsync(path, cancellationToken), path);
            await using Stream input = Console.OpenStandardInput();
            using var read = new MemoryStream();
            await input.CopyToAsync(read, cancellationToken);
            return MapReader.Read(read.ToArray(), "stdin");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return Parsed<EdgeFields[]>.Invalid($"cannot read {PlainText.Of(path)}: {PlainText.Of(e.Message)}");
        }
    }
}
