using System.Globalization;
using System.Text.Json;

namespace Depmap.Plugin.Output;

/// <summary>A path to values in a JSON object, in the part of kubectl's JSONPath that flows need: names, indexes and <c>[*]</c>.</summary>
internal sealed class JsonPath
{
    private readonly IReadOnlyList<Step> _steps;

    private JsonPath(IReadOnlyList<Step> steps) => _steps = steps;

    /// <returns>Null if the text is no such path.</returns>
    public static JsonPath? Parse(string text)
    {
        ReadOnlySpan<char> rest = text.AsSpan().Trim();
        if (rest is ['$' or '@', ..])
            rest = rest[1..];
        // kubectl also accepts a path without the first dot.
        if (rest is not (['.', ..] or ['[', ..]))
            rest = $".{rest}";
        List<Step> steps = [];
        while (!rest.IsEmpty)
        {
            if (rest is "." && steps.Count == 0)
                break;
            if (ReadStep(ref rest) is not { } step)
                return null;
            steps.Add(step);
        }

        return new JsonPath(steps);
    }

    /// <summary>The values at the path; none if there are none.</summary>
    public IReadOnlyList<JsonElement> Find(JsonElement root)
    {
        List<JsonElement> found = [root];
        foreach (Step step in _steps)
            found = [.. found.SelectMany(element => Follow(element, step))];
        return found;
    }

    private static IEnumerable<JsonElement> Follow(JsonElement element, Step step) => (element.ValueKind, step) switch
    {
        (JsonValueKind.Object, { Name: { } name }) => element.TryGetProperty(name, out JsonElement value) ? [value] : [],
        (JsonValueKind.Object, { Index: null }) => element.EnumerateObject().Select(property => property.Value),
        (JsonValueKind.Array, { Name: null, Index: null }) => element.EnumerateArray(),
        (JsonValueKind.Array, { Index: { } index }) =>
            (index < 0 ? index + element.GetArrayLength() : index) is var at && at >= 0 && at < element.GetArrayLength()
                ? [element[at]]
                : [],
        _ => [],
    };

    private static Step? ReadStep(ref ReadOnlySpan<char> rest)
    {
        if (rest[0] == '.')
        {
            int end = rest[1..].IndexOfAny('.', '[');
            ReadOnlySpan<char> name = end < 0 ? rest[1..] : rest.Slice(1, end);
            rest = end < 0 ? [] : rest[(end + 1)..];
            return name is "*" ? new Step(null, null) : IsName(name) ? new Step(name.ToString(), null) : null;
        }

        int close = rest.IndexOf(']');
        if (rest[0] != '[' || close < 0)
            return null;
        ReadOnlySpan<char> inside = rest[1..close].Trim();
        rest = rest[(close + 1)..];
        if (inside is "*")
            return new Step(null, null);
        if (inside is ['\'', .., '\''] or ['"', .., '"'] && IsName(inside[1..^1]))
            return new Step(inside[1..^1].ToString(), null);
        return int.TryParse(inside, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int index)
            ? new Step(null, index)
            : null;
    }

    private static bool IsName(ReadOnlySpan<char> name) => !name.IsEmpty && !name.ContainsAnyExcept(Names);

    private static readonly System.Buffers.SearchValues<char> Names = System.Buffers.SearchValues.Create(
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-");

    /// <param name="Name">Of a property.</param>
    /// <param name="Index">In an array, from its end if negative. Without either, all values.</param>
    private readonly record struct Step(string? Name, int? Index);
}
