namespace Depmap.Dist.Tests;

/// <summary>A line of scripts/platforms.</summary>
/// <param name="OnlyInWorkflow">Only the release workflow can build it.</param>
internal sealed record Platform(string System, string Architecture, string Runtime, string Form, bool OnlyInWorkflow)
{
    public static readonly Platform[] All =
    [
        .. File.ReadLines(Installation.File("scripts/platforms"))
            .Where(line => line is not ['#', ..])
            .Select(line => line.Split(' '))
            .Select(line => new Platform(line[0], line[1], line[2], line[3], line.Length > 4 && line[4] == "release")),
    ];

    /// <summary>Those whose archives this machine makes.</summary>
    public static readonly Platform[] Built = [.. All.Where(platform => !platform.OnlyInWorkflow)];

    public string Archive => $"kubectl-depmap_{System}_{Architecture}.{Form}";

    public string Program => System == "windows" ? "kubectl-depmap.exe" : "kubectl-depmap";
}
