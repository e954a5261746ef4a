using System.Runtime.InteropServices;
using Depmap.Plugin.Shell;

namespace Depmap.Plugin.Install;

/// <summary>The archives of images that <c>make image</c> writes.</summary>
internal static class ImageArchives
{
    public const string DefaultFolder = "out/images";

    /// <summary>The registry in the names of the images.</summary>
    public const string Registry = "localhost";

    /// <summary>One archive for each component, for the architecture of this machine: the nodes of such clusters run on it.</summary>
    /// <exception cref="InstallException">An archive is missing.</exception>
    public static IReadOnlyList<string> Find(string folder, ProgramName program)
    {
        string architecture = RuntimeInformation.OSArchitecture == Architecture.Arm64 ? "arm64" : "amd64";
        string[] archives = [.. ImageReference.Components.Select(
            part => Path.GetFullPath($"depmap-{part}-{architecture}.tar", Path.GetFullPath(folder)))];
        return archives.FirstOrDefault(archive => !File.Exists(archive)) is { } missing
            ? throw new InstallException($"there is no {missing}. Try: make image, or {program} install --load=FOLDER")
            : archives;
    }
}
