namespace Depmap.Dist.Tests;

/// <summary>What goes wrong for install.sh: one line, exit code 1, and nothing is installed.</summary>
public sealed class InstallFaultTests
{
    private const string Archive = "kubectl-depmap_linux_amd64.tar.gz";

    [Theory]
    [MemberData(nameof(InstallScriptTests.Machines), MemberType = typeof(InstallScriptTests))]
    public async Task A_release_that_does_not_exist(string shell, string client)
    {
        await using InstallMachine machine = await InstallMachine.StartAsync(shell, client);
        File.Delete(machine.Released("SHA256SUMS"));
        await FailsAsync(machine, $"error: cannot download {machine.Url}/latest/download/SHA256SUMS: .*404.*");
    }

    [Theory]
    [MemberData(nameof(InstallScriptTests.Machines), MemberType = typeof(InstallScriptTests))]
    public async Task A_download_that_is_cut_off(string shell, string client)
    {
        await using InstallMachine machine = await InstallMachine.StartAsync(shell, client);
        machine.Answer = async (context, name) =>
        {
            if (name != Archive)
                return false;
            byte[] archive = await File.ReadAllBytesAsync(machine.Released(name));
            context.Response.ContentLength = archive.Length;
            await context.Response.Body.WriteAsync(archive.AsMemory(0, archive.Length / 2));
            await context.Response.Body.FlushAsync();
            context.Abort();
            return true;
        };
        await FailsAsync(machine, $"error: (cannot download {machine.Url}/latest/download/{Archive}: .+|.*{Archive} is damaged: .*)");
    }

    [Theory]
    [MemberData(nameof(InstallScriptTests.Machines), MemberType = typeof(InstallScriptTests))]
    public async Task An_archive_with_another_sum(string shell, string client)
    {
        await using InstallMachine machine = await InstallMachine.StartAsync(shell, client);
        await File.AppendAllTextAsync(machine.Released(Archive), "x");
        await FailsAsync(
            machine,
            $"error: {machine.Url}/latest/download/{Archive} is damaged: "
            + "its SHA-256 sum is [0-9a-f]{64}, SHA256SUMS says [0-9a-f]{64}. Try again");
    }

    [Theory]
    [MemberData(nameof(InstallScriptTests.Machines), MemberType = typeof(InstallScriptTests))]
    public async Task An_archive_that_is_none(string shell, string client)
    {
        await using InstallMachine machine = await InstallMachine.StartAsync(shell, client);
        await File.WriteAllTextAsync(machine.Released(Archive), "not an archive");
        (await Run.ScriptAsync($"cd {Path.GetDirectoryName(machine.Released(Archive))} && sha256sum *.gz >SHA256SUMS")).Succeeded();
        await FailsAsync(machine, $"error: cannot unpack {Archive}: .+");
    }

    [Theory]
    [MemberData(nameof(InstallScriptTests.Machines), MemberType = typeof(InstallScriptTests))]
    public async Task A_server_that_does_not_answer(string shell, string client)
    {
        await using InstallMachine machine = await InstallMachine.StartAsync(shell, client);
        await FailsAsync(
            machine,
            "error: cannot download http://127.0.0.1:1/latest/download/SHA256SUMS: .+",
            $"BASE_URL=http://127.0.0.1:1 PREFIX={Path.GetDirectoryName(machine.Bin)}");
    }

    [Fact]
    public async Task A_page_instead_of_the_sums()
    {
        await using InstallMachine machine = await InstallMachine.StartAsync();
        await File.WriteAllTextAsync(machine.Released("SHA256SUMS"), "<html>Sign in to this network</html>\n");
        await FailsAsync(machine, $"error: {machine.Url}/latest/download/SHA256SUMS does not list {Archive}");
    }

    [Theory]
    [InlineData("/proc/version")]
    [InlineData("/proc/none")]
    public async Task A_folder_that_cannot_be_written(string prefix)
    {
        await using InstallMachine machine = await InstallMachine.StartAsync();
        await FailsAsync(
            machine,
            $@"error: cannot write to {prefix}/bin(: .+|\. Try: PREFIX=\$HOME/\.local)",
            $"BASE_URL={machine.Url} PREFIX={prefix}");
    }

    [Theory]
    [InlineData("FreeBSD", "amd64", "there is no release for FreeBSD. Try: build it from its sources")]
    [InlineData("Linux", "riscv64", "there is no release for Linux on riscv64. Try: build it from its sources")]
    [InlineData("MINGW64_NT-10.0", "x86_64", "this script does not install on Windows. Try: kubectl krew install depmap")]
    public async Task A_platform_without_a_release(string system, string processor, string error)
    {
        await using InstallMachine machine = await InstallMachine.StartAsync();
        machine.Replace("uname", $"[ $1 = -s ] && echo {system} || echo {processor}");
        await FailsAsync(machine, "error: " + error);
        Assert.Empty(machine.Requests);
    }

    [Theory]
    [InlineData("curl", "downloading needs curl or wget. Install one of them")]
    [InlineData("sha256sum", "verifying the download needs sha256sum or shasum. Install one of them")]
    public async Task A_machine_without(string tool, string error)
    {
        await using InstallMachine machine = await InstallMachine.StartAsync();
        machine.Remove(tool);
        await FailsAsync(machine, "error: " + error);
    }

    private static async Task FailsAsync(InstallMachine machine, string error, string? variables = null)
    {
        Run run = await machine.InstallAsync(variables);
        Assert.Matches($"^{error}\n$", run.Error);
        Assert.Equal((1, ""), (run.ExitCode, run.Output));
        Assert.Empty(machine.Left());
    }
}
