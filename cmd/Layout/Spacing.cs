namespace Depmap.Plugin.Layout;

/// <summary>The distances of a drawing, in pixels.</summary>
internal static class Spacing
{
    public const double Margin = 24;

    /// <summary>Between a group's border and what is in it.</summary>
    public const double Padding = 14;

    /// <summary>For the group's name, at the top of its box.</summary>
    public const double Title = 22;

    public const double BetweenNodes = 18;

    /// <summary>Where few lines pass; see <see cref="MaxLines"/>.</summary>
    public const double BetweenLines = 9;

    /// <summary>If more lines pass in one column, all of them are closer together.</summary>
    public const double MaxLines = 40;

    public const double BetweenGroups = 20;

    /// <summary>The least distance of two columns; there is more where many edges pass.</summary>
    public const double BetweenColumns = 60;

    public const double MaxBetweenColumns = 150;

    /// <summary>By which a loop rises over its node: less than half of <see cref="BetweenNodes"/>.</summary>
    public const double Loop = 8;
}
