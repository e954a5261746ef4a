using Depmap.Common.Options;

namespace Depmap.Plugin.Output;

/// <summary>Creates a format for the user's time zone, with colors or without.</summary>
internal delegate IFlowFormat CreateFlowFormat(TimeZoneInfo zone, bool color);

/// <summary>The output formats of <c>observe</c>.</summary>
internal static class FlowFormats
{
    private const string JsonPath = "jsonpath=", Columns = "custom-columns=", GoTemplate = "go-template";

    private static readonly Choice<CreateFlowFormat> Simple = new(
        ("json", (_, _) => new FlowJson()),
        ("jsonpb", (_, _) => new FlowHubble()),
        ("compact", (zone, color) => new FlowCompact(zone, color)),
        ("wide", (zone, color) => new FlowCompact(zone, color, wide: true)),
        ("dict", (zone, _) => new FlowDict(zone)),
        ($"{JsonPath}TEMPLATE", (_, _) => new FlowJson()),
        ($"{Columns}COLUMNS", (_, _) => new FlowJson()));

    /// <summary>For completion.</summary>
    public static string[] Words => [.. Simple.Words.Select(word => word.Contains('=') ? word[..(word.IndexOf('=') + 1)] : word)];

    public static Parsed<CreateFlowFormat> Parse(string text)
    {
        if (text.StartsWith(JsonPath, StringComparison.Ordinal))
            return Of(FlowJsonPath.Parse(text[JsonPath.Length..]));
        if (text.StartsWith(Columns, StringComparison.Ordinal))
            return Of(FlowColumns.Parse(text[Columns.Length..]));
        if (text.StartsWith(GoTemplate, StringComparison.Ordinal))
            return Parsed<CreateFlowFormat>.Invalid($"Go templates are not supported, use {JsonPath}TEMPLATE");
        return text.Contains('=') ? Simple.Parse(text.Split('=')[0]) : Simple.Parse(text);
    }

    private static Parsed<CreateFlowFormat> Of<T>(Parsed<T> format)
        where T : IFlowFormat =>
        format.Error is { } error ? Parsed<CreateFlowFormat>.Invalid(error) : new Parsed<CreateFlowFormat>((_, _) => format.Value, null);
}
