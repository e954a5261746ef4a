using System.Globalization;
using System.Text;
using Depmap.Plugin.Layout;

namespace Depmap.Plugin.Pictures;

/// <summary>The path of a line in SVG. Its end leaves room for the head of the arrow.</summary>
internal static class LinePath
{
    /// <summary>The length of the head, in pixels.</summary>
    public const int Head = 8;

    public static string Of(Route route)
    {
        var path = new StringBuilder();
        Point start = route.Points[0];
        path.Append('M').Append(Text(start));
        if (route.IsLoop)
            return path.Append($" C{string.Join(' ', route.Points.Skip(1).Select(Text))}").ToString();

        Point last = start;
        for (int i = 1; i < route.Points.Count; i++)
        {
            Point next = route.Points[i];
            if (i >= route.Points.Count - 2)
                next = next with { X = next.X + (route.IsReversed ? Head : -Head) };
            double middle = (last.X + next.X) / 2;
            if (i % 2 == 0 && last.Y != next.Y)
                path.Append($" C{Text(last with { X = middle })} {Text(next with { X = middle })} {Text(next)}");
            else if (last != next)
                path.Append($" L{Text(next)}");
            last = next;
        }

        return path.ToString();
    }

    public static string Number(double value) => Math.Round(value, 1).ToString(CultureInfo.InvariantCulture);

    private static string Text(Point point) => $"{Number(point.X)} {Number(point.Y)}";
}
