using Depmap.Plugin.Layout;

namespace Depmap.Plugin.Tests.Layout;

/// <summary>Counts how often edges cross in a drawing, whoever made it.</summary>
internal static class Crossings
{
    /// <param name="lines">The polyline of each edge.</param>
    /// <param name="edges">Edges with a common end are not compared.</param>
    public static int Count(IReadOnlyList<Point[]> lines, IReadOnlyList<LayoutEdge> edges)
    {
        int count = 0;
        for (int i = 0; i < lines.Count; i++)
        {
            for (int j = 0; j < i; j++)
            {
                (LayoutEdge one, LayoutEdge other) = (edges[i], edges[j]);
                bool haveCommonEnd = one.Source == other.Source || one.Source == other.Target || one.Target == other.Source
                    || one.Target == other.Target;
                if (!haveCommonEnd && Overlap(lines[i], lines[j]))
                    count += Between(lines[i], lines[j]);
            }
        }

        return count;
    }

    /// <summary>The points of a route, with curves as many short lines.</summary>
    public static Point[] Sampled(Route route)
    {
        if (route.IsLoop)
            return [.. route.Points];
        var result = new List<Point> { route.Points[0] };
        for (int i = 1; i < route.Points.Count; i++)
        {
            (Point from, Point to) = (route.Points[i - 1], route.Points[i]);
            double middle = (from.X + to.X) / 2;
            if (i % 2 == 0)
                result.AddRange(Curve(from, new Point(middle, from.Y), new Point(middle, to.Y), to).Skip(1));
            else
                result.Add(to);
        }

        return [.. result];
    }

    /// <summary>A cubic Bézier curve as twelve lines.</summary>
    public static IEnumerable<Point> Curve(Point a, Point b, Point c, Point d)
    {
        for (int i = 0; i <= 12; i++)
        {
            double t = i / 12.0;
            double u = 1 - t;
            yield return new Point(
                (u * u * u * a.X) + (3 * u * u * t * b.X) + (3 * u * t * t * c.X) + (t * t * t * d.X),
                (u * u * u * a.Y) + (3 * u * u * t * b.Y) + (3 * u * t * t * c.Y) + (t * t * t * d.Y));
        }
    }

    private static bool Overlap(Point[] one, Point[] other) =>
        one.Min(p => p.X) <= other.Max(p => p.X) && other.Min(p => p.X) <= one.Max(p => p.X)
        && one.Min(p => p.Y) <= other.Max(p => p.Y) && other.Min(p => p.Y) <= one.Max(p => p.Y);

    private static int Between(Point[] one, Point[] other)
    {
        int count = 0;
        for (int i = 1; i < one.Length; i++)
        {
            for (int j = 1; j < other.Length; j++)
            {
                if (Cross(one[i - 1], one[i], other[j - 1], other[j]))
                    count++;
            }
        }

        return count;
    }

    private static bool Cross(Point a, Point b, Point c, Point d) =>
        (Side(a, b, c) > 0) != (Side(a, b, d) > 0) && (Side(c, d, a) > 0) != (Side(c, d, b) > 0);

    private static double Side(Point a, Point b, Point c) => ((b.X - a.X) * (c.Y - a.Y)) - ((b.Y - a.Y) * (c.X - a.X));
}
