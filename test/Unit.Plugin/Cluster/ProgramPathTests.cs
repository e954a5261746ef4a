using Depmap.Plugin.Shell;

namespace Depmap.Plugin.Tests.Cluster;

public sealed class ProgramPathTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly Dictionary<string, string> _variables = [];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_name_is_looked_up_in_the_absolute_folders_of_path_only()
    {
        _folder.Write("data/login", "not executable");
        string program = _folder.WriteProgram("bin/login", "true");
        _variables["PATH"] = $":.:bin:{_folder.Path}/missing:{_folder.Path}/data:{_folder.Path}/bin";
        Assert.Equal((program, null), Find("login"));
        _variables["PATH"] = $":.:./bin:bin:{_folder.Path}/data";
        Assert.Equal((null, "it is not in PATH"), Find("login"));
        _variables.Remove("PATH");
        Assert.Equal((null, "it is not in PATH"), Find("login"));
    }

    [Fact]
    public void Neither_the_current_folder_nor_that_of_this_program_is_searched()
    {
        // Both have files of this name while tests run.
        string beside = Path.GetFileName(Directory.GetFiles(AppContext.BaseDirectory, "kubectl-depmap*")[0]);
        _variables["PATH"] = "/nowhere";
        Assert.Equal((null, "it is not in PATH"), Find(beside));
        Assert.Equal((null, "it is not in PATH"), new ProgramPath(_variables.GetValueOrDefault, isWindows: true).Find(beside));
    }

    [Theory]
    [InlineData("bin/login", null)]
    [InlineData("data/login", "it is not executable")]
    [InlineData("bin", "it is a folder")]
    [InlineData("bin/other", "there is no such file")]
    public void A_path_is_used_as_it_is(string path, string? error)
    {
        _folder.Write("data/login", "not executable");
        _folder.WriteProgram("bin/login", "true");
        string full = Path.Combine(_folder.Path, path);
        Assert.Equal((error is null ? full : null, error), Find(full));
    }

    [Theory]
    [InlineData("login", ".COM;.EXE;.BAT;.CMD", "login.cmd")]
    [InlineData("login", null, "login.cmd")]
    [InlineData("login.cmd", ".EXE", "login.cmd")]
    [InlineData("login", ".EXE", null)]
    [InlineData("plain", null, null)] // Windows does not run a file without an extension
    public void On_windows_the_extensions_of_pathext_are_added(string name, string? extensions, string? found)
    {
        _folder.Write("bin/login.cmd", "");
        _folder.Write("bin/plain", "");
        _variables["PATH"] = $"bin;\"{_folder.Path}/bin\"";
        if (extensions is not null)
            _variables["PATHEXT"] = extensions;
        var programs = new ProgramPath(_variables.GetValueOrDefault, isWindows: true);
        Assert.Equal(found is null ? null : Path.Combine(_folder.Path, "bin", found), programs.Find(name).Path);
        Assert.Equal(found is null ? null : Path.Combine(_folder.Path, "bin", found), programs.Find($"{_folder.Path}/bin/{name}").Path);
    }

    private (string? Path, string? Error) Find(string command) =>
        new ProgramPath(_variables.GetValueOrDefault, isWindows: false).Find(command);
}
