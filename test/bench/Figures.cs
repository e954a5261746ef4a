using System.Globalization;

namespace Depmap.Bench;

/// <summary>Prints figures as test/bench/bench does: <c>NAME  MEASURED  BOUND  ok|MISSED</c>.</summary>
internal sealed class Figures
{
    /// <summary>Whether a bound was missed.</summary>
    public bool Missed { get; private set; }

    /// <param name="bound">The maximum; null for none.</param>
    public void Report(string name, double measured, string unit = "", double? bound = null)
    {
        bool isMet = bound is null || measured <= bound;
        Missed |= !isMet;
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{name,-48} {$"{measured:0} {unit}",12}  {(bound is null ? "-" : $"<= {bound} {unit}"),12}  {(isMet ? "ok" : "MISSED")}"));
    }
}
