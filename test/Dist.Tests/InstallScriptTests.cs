namespace Depmap.Dist.Tests;

/// <summary>install.sh, with a server on this machine.</summary>
public sealed class InstallScriptTests
{
    private const string ThisArchive = "kubectl-depmap_linux_amd64.tar.gz";

    private static readonly string[] Installed = ["depmap", "kubectl-depmap", "kubectl_complete-depmap"];

    public static TheoryData<string, string> Machines() => new()
    {
        { "dash", "curl" }, { "bash", "curl" }, { "dash", "wget" }, { "busybox", "curl" },
    };

    [Theory]
    [MemberData(nameof(Machines))]
    public async Task The_newest_release_is_installed_under_both_names(string shell, string client)
    {
        await using InstallMachine machine = await InstallMachine.StartAsync(shell, client);
        Assert.Equal(
            new Run(
                0,
                $"""
                installed depmap and kubectl-depmap in {machine.Bin}
                {machine.Bin} is not in your PATH. Next: export PATH="{machine.Bin}:$PATH"

                """,
                ""),
            await machine.InstallAsync());
        Assert.Equal(Installed, machine.Left());
        Assert.Equal(
            "depmap 0.1.0\nkubectl-depmap 0.1.0\n",
            (await Run.ScriptAsync($"{machine.Bin}/depmap; {machine.Bin}/kubectl-depmap")).Succeeded());
        Assert.Equal(["/latest/download/SHA256SUMS", $"/latest/download/{ThisArchive}"], machine.Requests);
    }

    [Theory]
    [InlineData("0.1.0")]
    [InlineData("v0.1.0")]
    public async Task A_chosen_version_is_installed(string version)
    {
        await using InstallMachine machine = await InstallMachine.StartAsync();
        (await machine.InstallAsync($"VERSION={version} BASE_URL={machine.Url} PREFIX={Path.GetDirectoryName(machine.Bin)}")).Succeeded();
        Assert.Equal(["/download/v0.1.0/SHA256SUMS", $"/download/v0.1.0/{ThisArchive}"], machine.Requests);
    }

    [Fact]
    public async Task A_second_installation_replaces_the_first()
    {
        await using InstallMachine machine = await InstallMachine.StartAsync();
        (await machine.InstallAsync()).Succeeded();
        await File.WriteAllTextAsync($"{machine.Bin}/kubectl-depmap", "damaged");
        (await machine.InstallAsync()).Succeeded();
        Assert.Equal(Installed, machine.Left());
        Assert.Equal("depmap 0.1.0\n", (await Run.ScriptAsync($"{machine.Bin}/depmap")).Succeeded());
    }

    [Fact]
    public async Task A_user_without_rights_installs_into_the_home_folder()
    {
        await using InstallMachine machine = await InstallMachine.StartAsync();
        Run run = await Run.ScriptAsync($"""
            set -euo pipefail
            export LC_ALL=C
            home=$(mktemp -d); trap 'rm -rf "$home"' EXIT
            chown 65534:65534 "$home"
            cp {Installation.File("install.sh")} "$home"
            cd "$home"
            setpriv --reuid=65534 --regid=65534 --clear-groups \
              env HOME="$home" PATH="$home/.local/bin:/usr/bin:/bin" BASE_URL={machine.Url} sh install.sh | sed "s|$home|HOME|"
            stat --format '%U %n' .local/bin/*
            """);
        Assert.Equal(
            """
            installed depmap and kubectl-depmap in HOME/.local/bin
            next: depmap try
            nobody .local/bin/depmap
            nobody .local/bin/kubectl-depmap
            nobody .local/bin/kubectl_complete-depmap

            """,
            run.Succeeded());
    }

    [Theory]
    [InlineData("Linux", "x86_64", "0", "linux_amd64")]
    [InlineData("Linux", "aarch64", "0", "linux_arm64")]
    [InlineData("Darwin", "x86_64", "0", "darwin_amd64")]
    [InlineData("Darwin", "arm64", "1", "darwin_arm64")]
    [InlineData("Darwin", "x86_64", "1", "darwin_arm64")] // a shell under Rosetta
    public async Task The_archive_is_that_of_the_machine(string system, string processor, string isArm, string platform)
    {
        await using InstallMachine machine = await InstallMachine.StartAsync();
        machine.Replace("uname", $"[ $1 = -s ] && echo {system} || echo {processor}");
        machine.Replace("sysctl", $"echo {isArm}");
        // macOS has no sha256sum.
        machine.Replace("shasum", "exec /usr/bin/sha256sum \"$3\"");
        machine.Remove("sha256sum");
        (await machine.InstallAsync()).Succeeded();
        Assert.Equal($"/latest/download/kubectl-depmap_{platform}.tar.gz", machine.Requests[^1]);
    }

    [Fact]
    public async Task A_script_that_is_cut_off_does_nothing()
    {
        await using InstallMachine machine = await InstallMachine.StartAsync();
        int length = (await File.ReadAllTextAsync(Installation.File("install.sh"))).IndexOf("\nmain \"$@\"", StringComparison.Ordinal);
        for (int bytes = length; bytes > 0; bytes -= 97)
        {
            await machine.InstallFirstAsync(bytes);
            Assert.Empty(machine.Left());
        }

        Assert.Empty(machine.Requests);
    }

    [Fact]
    public async Task An_interrupted_download_leaves_nothing()
    {
        await using InstallMachine machine = await InstallMachine.StartAsync();
        var isRequested = new TaskCompletionSource();
        machine.Answer = async (context, name) =>
        {
            if (name == "SHA256SUMS")
                return false;
            isRequested.SetResult();
            await Task.Delay(Timeout.Infinite, context.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            return true;
        };
        Assert.Equal(130, (await machine.InterruptAsync()).ExitCode);
        Assert.True(isRequested.Task.IsCompleted);
        Assert.Empty(machine.Left());
    }

    [Fact]
    public async Task The_scripts_for_users_are_clean()
    {
        string scripts = $"{Installation.File("install.sh")} {Installation.File("packaging/archive")}/*depmap";
        Assert.Equal("", (await Run.ScriptAsync($"shellcheck {scripts}")).Succeeded());
    }
}
