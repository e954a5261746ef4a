namespace Depmap.Plugin.Ui;

/// <summary>What is to be known about a map.</summary>
/// <param name="Since">The time from which it counts, as RFC 3339 has it; null if it is not known.</param>
/// <param name="Until">Until when; null if it counts until now.</param>
/// <param name="Notes">What it does not show, and what is missing.</param>
internal sealed record MapAbout(string? Since, string? Until, string[] Notes);
