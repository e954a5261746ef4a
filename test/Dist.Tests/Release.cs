using System.Runtime.Versioning;

[assembly: SupportedOSPlatform("linux")]

namespace Depmap.Dist.Tests;

/// <summary>What <c>make dist</c> makes.</summary>
public sealed class Release : IAsyncLifetime
{
    public static readonly string Folder = Installation.File("out/dist");

    /// <summary>The version in Directory.Build.props.</summary>
    public string Version { get; private set; } = "";

    /// <summary>The folder with Krew and kubectl.</summary>
    public string Tools { get; private set; } = "";

    public async Task InitializeAsync()
    {
        // It may have to publish the plugin for each platform.
        (await Run.ScriptAsync($"make --no-print-directory -C {Installation.Root} dist", null, TimeSpan.FromMinutes(20))).Succeeded();
        Version = (await Run.ScriptAsync($"{Installation.File("scripts/property.sh")} VersionPrefix")).Succeeded().Trim();
        Tools = (await Run.ScriptAsync($"{Installation.ClusterScripts}/unpack kube krew validate-krew-manifest")).Succeeded().Trim();
    }

    public Task DisposeAsync() => Task.CompletedTask;

    /// <summary>The full path of a file that <c>make dist</c> makes.</summary>
    public static string File(string name) => Path.Combine(Folder, name);

    /// <summary>The SHA-256 sums of SHA256SUMS, by file.</summary>
    public static Dictionary<string, string> Sums() =>
        System.IO.File.ReadLines(File("SHA256SUMS")).Select(line => line.Split("  ")).ToDictionary(line => line[1], line => line[0]);
}

/// <summary>The test classes of this collection share one release.</summary>
[CollectionDefinition(nameof(Release))]
public sealed class ReleaseCollection : ICollectionFixture<Release>;
