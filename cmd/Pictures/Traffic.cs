using Depmap.Plugin.Output;
using Depmap.V1;

namespace Depmap.Plugin.Pictures;

/// <summary>The traffic of one or many edges.</summary>
internal readonly record struct Traffic(ulong Forwarded, ulong Dropped, ulong Bytes)
{
    /// <summary>In pixels, for 1 KiB or less and for 10 GiB or more.</summary>
    private const double Thinnest = 1.25;
    private const double Thickest = 6;

    public bool IsFailing => Dropped > 0;

    /// <summary>The width of its line in pixels, by the logarithm of the bytes.</summary>
    public double LineWidth
    {
        get
        {
            double share = (Math.Log2(Math.Max(1, (double)Bytes)) - 10) / 23;
            return Math.Round(Thinnest + ((Thickest - Thinnest) * Math.Clamp(share, 0, 1)), 2);
        }
    }

    public static Traffic operator +(Traffic one, Traffic other) =>
        new(one.Forwarded + other.Forwarded, one.Dropped + other.Dropped, one.Bytes + other.Bytes);

    public static Traffic Of(IEnumerable<Edge> edges) => edges.Aggregate(
        default(Traffic),
        (sum, edge) => sum + new Traffic(edge.Forwarded, edge.Dropped, edge.BytesToServer + edge.BytesToClient));

    /// <summary><c>1200 connections, 1.5MiB, 7 dropped</c>.</summary>
    public string Describe()
    {
        string text = $"{Forwarded} {(Forwarded == 1 ? "connection" : "connections")}, {Quantity.Bytes(Bytes)}";
        return IsFailing ? $"{text}, {Dropped} dropped" : text;
    }
}
