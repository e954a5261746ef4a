namespace Depmap.Dist.Tests;

/// <summary>The programs of the Linux archives run on any distribution: they use nothing of it.</summary>
[Collection(nameof(Release))]
public sealed class LinuxProgramTests(Release release)
{
    private static readonly string Unpack = Installation.File("scripts/unpack.sh");

    [Fact]
    public Task The_program_runs_and_resolves_names_in_an_empty_root() =>
        RunsInRootAsync("kubectl-depmap_linux_amd64.tar.gz", "mkdir $root", "");

    [Fact]
    public Task The_program_runs_and_resolves_names_in_a_root_with_musl() =>
        RunsInRootAsync("kubectl-depmap_linux_amd64.tar.gz", $"{Unpack} amd64 - $root musl", "");

    /// <summary>Debian 11, with the name services of a desktop: libraries that a program with another libc must not load.</summary>
    [Fact]
    public Task The_program_runs_and_resolves_names_in_a_root_with_an_old_glibc() =>
        RunsInRootAsync(
            "kubectl-depmap_linux_amd64.tar.gz",
            $"""
            {Unpack} amd64 bullseye $root libc6 libnss-myhostname libnss-mdns
            echo 'hosts: files mdns4_minimal [NOTFOUND=return] myhostname dns' >$root/etc/nsswitch.conf
            """,
            "");

    [Fact]
    public Task The_program_for_arm64_runs_and_resolves_names_in_an_empty_root() =>
        RunsInRootAsync("kubectl-depmap_linux_arm64.tar.gz", "mkdir $root; cp /usr/bin/qemu-aarch64-static $root/qemu", "/qemu");

    private async Task RunsInRootAsync(string archive, string fill, string emulator)
    {
        using var folder = new TemporaryFolder();
        Run run = await Run.ScriptAsync(
            $"""
            set -euo pipefail
            root={folder.Path}/root
            exec 3>&1 1>&2
            {fill}
            exec 1>&3
            tar -xzf {Release.File(archive)} -C $root
            exec 2>{folder.Path}/errors
            {Installation.File("test/Dist.Tests/run-in-root.sh")} $root {emulator} /kubectl-depmap
            """,
            null,
            TimeSpan.FromMinutes(3));

        Assert.Contains(release.Version, run.Succeeded(), StringComparison.Ordinal);
        Assert.EndsWith("exit code 1\nexit code 1\n", run.Output, StringComparison.Ordinal);
        // Both names were found: nothing listens at their address.
        Assert.Collection(
            (await File.ReadAllLinesAsync($"{folder.Path}/errors")).Where(line => line.StartsWith("error: ", StringComparison.Ordinal)),
            error => Assert.Matches("in-file.test:1.*refused", error),
            error => Assert.Matches("in-dns.test:1.*refused", error));
    }
}
