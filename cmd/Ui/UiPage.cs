using Depmap.Plugin.Pictures;
using Depmap.Plugin.Shell;

namespace Depmap.Plugin.Ui;

/// <summary>The live page: that of <see cref="MapHtml"/>, with filters and flows, and with data that it asks for.</summary>
/// <param name="cluster">The name of the cluster's context, or the relay's address.</param>
internal sealed class UiPage(string cluster, ProgramName program)
{
    /// <summary>The whole page: it loads nothing else.</summary>
    public string Text { get; } = new PageTemplate("ui.js", "ui.css")
    {
        Title = $"Depmap: {PictureText.Visible(cluster)}",
        Filters = PageFile.Read("filters.html").Replace("{{cluster}}", PageTemplate.Escaped(PictureText.Visible(cluster))),
        Flows = PageFile.Read("flows.html"),
        Program = program.Text,
    }.Fill(data: "null", connects: true);
}
