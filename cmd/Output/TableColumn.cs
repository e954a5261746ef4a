namespace Depmap.Plugin.Output;

/// <summary>A column of a table.</summary>
/// <param name="Name">Its heading.</param>
/// <param name="LeftOut">
/// Where the window is too narrow, columns with the highest number are left out first; those with 0 never.
/// </param>
/// <param name="IsShortened">Whether its texts are names, which are shortened in the middle where the window is too narrow.</param>
internal sealed record TableColumn(string Name, int LeftOut = 0, bool IsShortened = false);
