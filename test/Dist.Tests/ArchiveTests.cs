using System.Text.Json;
using System.Text.RegularExpressions;

namespace Depmap.Dist.Tests;

/// <summary>The archives, their sums and the SBOM.</summary>
[Collection(nameof(Release))]
public sealed class ArchiveTests(Release release)
{
    private const int MaxMegabytes = 20;

    public static TheoryData<string, string> Programs() => new()
    {
        { "kubectl-depmap_linux_amd64.tar.gz", "ELF 64-bit LSB pie executable, x86-64, .*static-pie linked, .*, stripped$" },
        { "kubectl-depmap_linux_arm64.tar.gz", "ELF 64-bit LSB pie executable, ARM aarch64, .*static-pie linked, .*, stripped$" },
        { "kubectl-depmap_darwin_amd64.tar.gz", "Mach-O 64-bit x86_64 executable" },
        { "kubectl-depmap_darwin_arm64.tar.gz", "Mach-O 64-bit arm64 executable" },
        { "kubectl-depmap_windows_amd64.zip", @"PE32\+ executable \(console\) x86-64, for MS Windows" },
    };

    [Fact]
    public void Every_platform_that_this_machine_can_build_has_an_archive()
    {
        string[] archives = [.. Platform.Built.Select(platform => platform.Archive).Order(StringComparer.Ordinal)];
        Assert.Equal(archives, Programs().Select(row => (string)row[0]).Order(StringComparer.Ordinal));
        Assert.Equal(
            [.. archives, "SHA256SUMS", "depmap.rb", "krew-manifest.yaml", "kubectl-depmap.cdx.json"],
            Directory.GetFiles(Release.Folder).Select(Path.GetFileName)
                .OrderBy(name => Array.IndexOf(archives, name) < 0).ThenBy(name => name, StringComparer.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Programs))]
    public async Task An_archive_has_the_program_once_its_other_names_and_the_licence(string archive, string kind)
    {
        Assert.InRange(new FileInfo(Release.File(archive)).Length, 1, MaxMegabytes * 1_000_000);
        bool isZip = archive.EndsWith(".zip", StringComparison.Ordinal);
        string unpack = isZip ? "unzip -q" : "tar -xzf";
        using var folder = new TemporaryFolder();
        string output = (await Run.ScriptAsync($"""
            set -euo pipefail
            cd {folder.Path}
            {unpack} {Release.File(archive)}
            find . -type f -printf '%m %f\n' | LC_ALL=C sort -k 2
            find . ! -type f ! -name .
            cmp LICENSE {Installation.File("LICENSE")}
            file --brief kubectl-depmap*
            """)).Succeeded();

        string[] lines = output.TrimEnd('\n').Split('\n');
        Assert.Equal(
            isZip
                ? ["644 LICENSE", "755 depmap.cmd", "755 kubectl-depmap.exe", "755 kubectl_complete-depmap.cmd"]
                : ["644 LICENSE", "755 depmap", "755 kubectl-depmap", "755 kubectl_complete-depmap"],
            lines[..^1]);
        Assert.Matches(kind, lines[^1]);
    }

    [Fact]
    public async Task The_other_names_run_the_program()
    {
        using var folder = new TemporaryFolder();
        string output = (await Run.ScriptAsync($"""
            set -euo pipefail
            tar -xzf {Release.File("kubectl-depmap_linux_amd64.tar.gz")} -C {folder.Path}
            {folder.Path}/depmap version --client
            {folder.Path}/kubectl-depmap version --client
            # kubectl looks for this name in PATH, and runs it with the words so far.
            printf '#!/bin/sh\nprintf "%%s|" "$@"\n' >{folder.Path}/kubectl-depmap
            PATH={folder.Path}:$PATH kubectl_complete-depmap observe --pod ''
            """)).Succeeded();

        string[] lines = output.Split('\n');
        Assert.Contains(release.Version, lines[0], StringComparison.Ordinal);
        Assert.Equal(lines[0], lines[1]);
        Assert.Equal("__complete|observe|--pod||", lines[2]);
    }

    [Fact]
    public async Task The_sums_are_those_of_the_files()
    {
        Assert.Equal(
            [.. Platform.Built.Select(platform => platform.Archive).Append("kubectl-depmap.cdx.json").Order(StringComparer.Ordinal)],
            Release.Sums().Keys.Order(StringComparer.Ordinal));
        (await Run.ScriptAsync($"cd {Release.Folder} && sha256sum --check --strict --quiet SHA256SUMS")).Succeeded();
    }

    [Fact]
    public async Task The_same_programs_make_the_same_archives()
    {
        string before = await File.ReadAllTextAsync(Release.File("SHA256SUMS"));
        (await Run.ScriptAsync($"{Installation.File("scripts/dist.sh")}", new Dictionary<string, string> { ["TZ"] = "Asia/Tokyo" }))
            .Succeeded();
        Assert.Equal(before, await File.ReadAllTextAsync(Release.File("SHA256SUMS")));
    }

    [Fact]
    public async Task An_unknown_platform_is_refused_before_anything_is_removed()
    {
        Run run = await Run.ScriptAsync($"{Installation.File("scripts/dist.sh")} linux/mips");
        Assert.Equal(new Run(1, "", "error: scripts/platforms has no linux/mips\n"), run);
        Assert.True(File.Exists(Release.File("SHA256SUMS")));
    }

    [Fact]
    public void The_SBOM_has_the_linked_packages_and_libraries_with_their_versions()
    {
        using JsonDocument sbom = JsonDocument.Parse(File.ReadAllBytes(Release.File("kubectl-depmap.cdx.json")));
        Assert.Equal("CycloneDX", sbom.RootElement.GetProperty("bomFormat").GetString());
        JsonElement product = sbom.RootElement.GetProperty("metadata").GetProperty("component");
        Assert.Equal(("kubectl-depmap", release.Version), (Text(product, "name"), Text(product, "version")));
        var components = sbom.RootElement.GetProperty("components").EnumerateArray().ToDictionary(part => Text(part, "name"));
        Assert.All(components.Values, part => Assert.NotEmpty(Text(part, "version")));
        Assert.All(
            components.Values,
            part => Assert.Matches(
                $"^pkg:(nuget|deb/[a-z]+)/{Text(part, "name")}@{Regex.Escape(Uri.EscapeDataString(Text(part, "version")))}",
                Text(part, "purl")));
        Assert.Contains("Apache-2.0", components["KubernetesClient.Aot"].GetProperty("licenses").ToString(), StringComparison.Ordinal);
        Assert.Superset(
            new HashSet<string>
            {
                "Google.Protobuf", "Grpc.Net.Client", "KubernetesClient.Aot", "Microsoft.NETCore.App", "System.CommandLine", "YamlDotNet",
                "glibc", "openssl",
            },
            components.Keys.ToHashSet());
        // They only build it.
        Assert.DoesNotContain("Grpc.Tools", components.Keys);
        Assert.DoesNotContain(components.Keys, name => name.Contains("ILCompiler", StringComparison.Ordinal));
    }

    private static string Text(JsonElement element, string name) => element.GetProperty(name).GetString()!;
}
