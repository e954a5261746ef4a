using Microsoft.AspNetCore.Http;

namespace Depmap.Dist.Tests;

/// <summary>A machine on which install.sh runs: the programs that it has, and a server with a small release.</summary>
internal sealed class InstallMachine : IAsyncDisposable
{
    private static readonly string Script = Installation.File("install.sh");

    private readonly TemporaryFolder _folder = new();
    private readonly string _shell;
    private FakeHttpServer? _server;

    private InstallMachine(string shell) => _shell = shell;

    /// <summary>The paths that were requested.</summary>
    public List<string> Requests { get; } = [];

    /// <summary>Answers a request for a file instead of the server; false leaves it to the server.</summary>
    public Func<HttpContext, string, Task<bool>> Answer { get; set; } = (_, _) => Task.FromResult(false);

    public string Url => _server!.Address.ToString().TrimEnd('/');

    /// <summary>Where the programs are installed.</summary>
    public string Bin => $"{_folder.Path}/prefix/bin";

    public string Home => $"{_folder.Path}/home";

    private string Tools => $"{_folder.Path}/tools";

    /// <param name="shell">dash, bash or busybox.</param>
    /// <param name="client">curl or wget. That of Debian's busybox-static crashes on any host name.</param>
    public static async Task<InstallMachine> StartAsync(string shell = "dash", string client = "curl")
    {
        var machine = new InstallMachine(shell);
        string fill = shell == "busybox"
            ? $"busybox --install -s tools; ln -sf $(command -v {client}) tools/"
            : $"for t in {shell} {client} sh uname mkdir mktemp cp chmod ln mv rm awk grep tail cut tar gzip dirname sha256sum cat; do "
                + "ln -s $(command -v $t) tools/; done";
        (await Run.ScriptAsync($$"""
            set -euo pipefail
            cd {{machine._folder.Path}}
            chmod 755 .
            mkdir tools tmp home prefix release program
            {{fill}}
            printf '#!/bin/sh\necho "$(basename "$0") 0.1.0"\n' >program/kubectl-depmap
            printf '#!/bin/sh\n' >program/kubectl_complete-depmap
            chmod 755 program/*
            for platform in linux_amd64 linux_arm64 darwin_amd64 darwin_arm64; do
              tar -czf release/kubectl-depmap_$platform.tar.gz -C program .
            done
            cd release
            sha256sum * >SHA256SUMS
            """)).Succeeded();
        machine._server = await FakeHttpServer.StartAsync(machine.AnswerAsync);
        return machine;
    }

    public async ValueTask DisposeAsync()
    {
        await _server!.DisposeAsync();
        _folder.Dispose();
    }

    /// <summary>Replaces a program of the machine.</summary>
    public void Replace(string tool, string script)
    {
        Remove(tool);
        File.WriteAllText($"{Tools}/{tool}", "#!/bin/sh\n" + script);
        File.SetUnixFileMode(
            $"{Tools}/{tool}", UnixFileMode.UserRead | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute);
    }

    public void Remove(string tool) => File.Delete($"{Tools}/{tool}");

    /// <summary>The full path of a file of the release that the server has.</summary>
    public string Released(string name) => $"{_folder.Path}/release/{name}";

    /// <summary>Runs install.sh.</summary>
    /// <param name="variables">Its variables, instead of BASE_URL and PREFIX.</param>
    public Task<Run> InstallAsync(string? variables = null) => RunAsync($"{ShellCommand} {Script}", variables);

    /// <summary>Runs the first bytes of install.sh, as a connection that breaks leaves them to <c>curl … | sh</c>.</summary>
    public Task<Run> InstallFirstAsync(int bytes) => RunAsync($"{ShellCommand} <(head -c {bytes} {Script})", null);

    /// <summary>Runs install.sh until a signal ends it after a second.</summary>
    public Task<Run> InterruptAsync() => RunAsync($"/usr/bin/timeout --preserve-status --signal=INT 1 {ShellCommand} {Script}", null);

    /// <summary>What is in the folder of programs, and the temporary files that are left.</summary>
    public string[] Left() =>
    [
        .. Directory.Exists(Bin) ? Names(Bin) : [],
        .. Directory.GetFileSystemEntries($"{_folder.Path}/tmp"),
    ];

    private static IEnumerable<string> Names(string folder) =>
        Directory.GetFileSystemEntries(folder).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal);

    private string ShellCommand => _shell == "busybox" ? $"{Tools}/busybox sh" : $"{Tools}/{_shell}";

    private Task<Run> RunAsync(string command, string? variables)
    {
        variables ??= $"BASE_URL={Url} PREFIX={_folder.Path}/prefix";
        return Run.ScriptAsync($"cd {_folder.Path} && env -i PATH={Tools} HOME={Home} TMPDIR={_folder.Path}/tmp {variables} {command}");
    }

    private async Task AnswerAsync(HttpContext context)
    {
        Requests.Add(context.Request.Path);
        string name = Path.GetFileName(context.Request.Path);
        if (await Answer(context, name))
            return;
        if (File.Exists(Released(name)))
            await context.Response.SendFileAsync(Released(name));
        else
            context.Response.StatusCode = StatusCodes.Status404NotFound;
    }
}
