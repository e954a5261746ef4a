using Depmap.Plugin.Pictures;

namespace Depmap.Plugin.Ui;

/// <summary>The live page: that of <see cref="MapHtml"/>, with filters and flows, and with data that it asks for.</summary>
internal sealed class UiPage
{
    /// <summary>The whole page: it loads nothing else.</summary>
    public string Text { get; } = new PageTemplate("ui.js", "ui.css")
    {
        Filters = PageFile.Read("filters.html"),
        Flows = PageFile.Read("flows.html"),
    }.Fill(data: "null", connects: true);
}
