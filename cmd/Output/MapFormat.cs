namespace Depmap.Plugin.Output;

/// <summary>In which format a map is printed.</summary>
internal enum MapFormat
{
    Table,
    Wide,
    Json,
    Yaml,
    Csv,
    Markdown,
    Name,
    Dot,
    Mermaid,
    Svg,
    Html,
}
