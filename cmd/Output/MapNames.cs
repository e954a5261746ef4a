using System.Text;
using Depmap.Plugin.Maps;
using Depmap.V1;

namespace Depmap.Plugin.Output;

/// <summary>Prints the name of each end of a map once, one a line, as commands take it: <c>shop/deployment/web</c>.</summary>
internal static class MapNames
{
    public static string Write(IReadOnlyList<Edge> edges)
    {
        var text = new StringBuilder();
        foreach (EndIdentity end in edges
            .SelectMany(edge => (EndIdentity[])[EndIdentity.Of(edge.Source), EndIdentity.Of(edge.Destination)])
            .Distinct().Order(EndOrder.Instance))
        {
            text.Append(PlainText.Word(end.ToString())).Append('\n');
        }

        return text.ToString();
    }
}
