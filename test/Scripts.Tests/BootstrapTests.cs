namespace Depmap.Scripts.Tests;

/// <summary>scripts/bootstrap.sh with a multipass that stands for the real one, in a checkout of its own.</summary>
public sealed class BootstrapTests : IAsyncLifetime
{
    private const string Launch =
        "launch 24.04 --name depmap --cpus 4 --memory 8G --disk 40G --timeout 1800 --cloud-init out/vm/cloud-init.yaml";

    private static readonly string[] Build =
    [
        "transfer out/vm/sources.bundle depmap:depmap.bundle",
        "exec depmap -- git init --quiet depmap",
        "exec depmap -- git -C depmap fetch --quiet ../depmap.bundle refs/depmap/vm",
        "exec depmap -- git -C depmap reset --quiet --hard FETCH_HEAD",
        "exec depmap -- sudo depmap/scripts/setup.sh image",
        "exec depmap -- sudo make -C depmap all image",
        "exec depmap -- tar -C depmap -czf depmap.tar.gz"
            + " --exclude out/publish --exclude out/sysroot --exclude out/kernels --exclude out/test-results out",
        "transfer depmap:depmap.tar.gz out/vm/results.tar.gz",
    ];

    private readonly TemporaryFolder _folder = new();

    private string Checkout => $"{_folder.Path}/checkout";

    private string Machines => $"{_folder.Path}/machines";

    public async Task InitializeAsync() => (await Run.ScriptAsync($"""
        set -e
        mkdir -p {Checkout}/scripts {Machines}
        cd {Checkout}
        cp {Installation.File("scripts/bootstrap.sh")} {Installation.File("scripts/setup.sh")} scripts
        cp {Installation.File(".gitignore")} .
        echo 1 >changed
        echo 1 >deleted
        git init -q
        git add .
        git -c user.name=test -c user.email=test@localhost commit -qm test
        """)).Succeeded();

    public Task DisposeAsync()
    {
        _folder.Dispose();
        return Task.CompletedTask;
    }

    [Fact]
    public async Task It_makes_a_machine_builds_in_it_and_copies_the_results()
    {
        Assert.Equal(
            new Run(0, "in out/: out/all out/all.newer out/image out/image.newer\n", """
                making the virtual machine depmap: 4 CPUs, 8G memory, 40G disk
                copying the sources
                installing the build dependencies
                building: make all image
                copying the results

                """),
            await BootstrapAsync());
        await CalledAsync(["list --format csv", Launch, .. Build]);
        await BuiltAsync([".gitignore", "changed", "deleted", "scripts/bootstrap.sh", "scripts/setup.sh"]);
    }

    [Fact]
    public async Task Called_again_it_builds_what_has_changed_in_the_same_machine()
    {
        (await BootstrapAsync()).Succeeded();
        await ForgetCallsAsync();
        (await Run.ScriptAsync($"cd {Checkout}; sleep 1; echo 2 >changed; rm deleted; echo 1 >'a new file'; git status --short >../before"))
            .Succeeded();

        Run run = await BootstrapAsync();
        Assert.StartsWith("copying the sources\n", run.Error, StringComparison.Ordinal);
        Assert.Equal(0, run.ExitCode);
        await CalledAsync(["list --format csv", .. Build]);
        await BuiltAsync([".gitignore", "a new file", "changed", "scripts/bootstrap.sh", "scripts/setup.sh"]);
        string[] newer = await File.ReadAllLinesAsync($"{Checkout}/out/all.newer");
        Assert.Equal(["a new file", "changed"], newer.Order());
        // The checkout is as it was.
        Assert.Equal("", (await Run.ScriptAsync($"cd {Checkout}; git status --short | diff ../before -; git for-each-ref refs/depmap"))
            .Succeeded());
    }

    [Theory]
    [InlineData("Stopped", "start depmap")]
    [InlineData("Suspended", "start depmap")]
    [InlineData("Deleted", "recover depmap", "start depmap")]
    public async Task A_machine_that_does_not_run_is_started(string state, params string[] calls)
    {
        (await BootstrapAsync()).Succeeded();
        await ForgetCallsAsync();
        await File.WriteAllTextAsync($"{Machines}/depmap/state", state);

        Run run = await BootstrapAsync();
        Assert.Equal(0, run.ExitCode);
        Assert.StartsWith("starting the virtual machine depmap\ncopying the sources\n", run.Error, StringComparison.Ordinal);
        await CalledAsync(["list --format csv", .. calls, .. Build]);
    }

    [Fact]
    public async Task Options_and_targets_are_passed_on()
    {
        Run run = await BootstrapAsync("--name=other --cpus 2 --memory=4G --disk 20G dist helm-chart");
        Assert.Equal("in out/: out/dist out/dist.newer out/helm-chart out/helm-chart.newer\n", run.Output);
        string[] calls = await CallsAsync();
        Assert.Equal(
            "launch 24.04 --name other --cpus 2 --memory 4G --disk 20G --timeout 1800 --cloud-init out/vm/cloud-init.yaml", calls[1]);
        Assert.Contains("exec other -- sudo make -C depmap dist helm-chart", calls);

        run = await BootstrapAsync("--name other --cpus 8");
        Assert.StartsWith(
            "the virtual machine other keeps its size: --cpus, --memory and --disk are for a new one\n", run.Error,
            StringComparison.Ordinal);
        Assert.Equal(0, run.ExitCode);
    }

    [Fact]
    public async Task Delete_removes_the_machine_that_it_made()
    {
        (await BootstrapAsync()).Succeeded();
        Assert.Equal(new Run(0, "deleted the virtual machine depmap\n", ""), await BootstrapAsync("--delete"));
        Assert.Equal("delete --purge depmap", (await CallsAsync())[^1]);
        Assert.Equal(new Run(0, "there is no virtual machine depmap\n", ""), await BootstrapAsync("--delete"));
        Assert.Empty(Directory.GetFiles(Checkout, ".vm-*"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("--delete")]
    public async Task A_machine_that_it_did_not_make_is_left_alone(string options)
    {
        Directory.CreateDirectory($"{Machines}/depmap/home");
        await File.WriteAllTextAsync($"{Machines}/depmap/state", "Running");
        Assert.Equal(
            Error("the virtual machine depmap was not made by scripts/bootstrap.sh of this folder. Use another --name"),
            await BootstrapAsync(options));
        await CalledAsync(["list --format csv"]);
    }

    [Fact]
    public async Task The_exit_code_of_a_failed_build_is_passed_on()
    {
        Run run = await BootstrapAsync("broken");
        Assert.Equal(2, run.ExitCode);
        Assert.EndsWith(
            "\nerror: sudo make -C depmap broken failed in the virtual machine depmap. To look at it: multipass shell depmap\n", run.Error,
            StringComparison.Ordinal);
        Assert.Equal("", run.Output);
        // The machine can be used again.
        Assert.Equal(0, (await BootstrapAsync()).ExitCode);
    }

    [Theory]
    [InlineData("launch", "cannot make the virtual machine depmap."
        + " Try: scripts/bootstrap.sh --delete, then again, with less --memory or --disk")]
    [InlineData("transfer", "cannot copy the sources to the virtual machine depmap")]
    [InlineData("list", "multipass does not answer. Try: multipass list")]
    public async Task A_failure_of_multipass_is_named(string fault, string error)
    {
        Run run = await BootstrapAsync("", fault);
        Assert.Equal(1, run.ExitCode);
        // After the words of multipass.
        Assert.EndsWith($"{fault} failed: no such luck\nerror: {error}\n", run.Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists($"{Checkout}/out/vm"));
    }

    [Fact]
    public async Task A_machine_that_changes_its_state_is_not_used()
    {
        (await BootstrapAsync()).Succeeded();
        await File.WriteAllTextAsync($"{Machines}/depmap/state", "Restarting");
        Assert.Equal(
            Error("the virtual machine depmap is in the state Restarting. Try again in a minute, or: multipass stop --force depmap"),
            await BootstrapAsync());
    }

    [Fact]
    public async Task Without_multipass_it_names_the_command_that_installs_it() => Assert.Equal(
        Error("multipass is not installed. Try: snap install multipass"),
        await Run.ScriptAsync($"PATH=/usr/bin:/bin {Checkout}/scripts/bootstrap.sh"));

    [Theory]
    [InlineData("--name 1x", "--name has letters, digits and hyphens, not \"1x\"")]
    [InlineData("--cpus two", "--cpus is a number, not \"two\"")]
    [InlineData("--memory 8", "--memory is a size such as 8G, not \"8\"")]
    [InlineData("--disk=", "--disk is a size such as 40G, not \"\"")]
    [InlineData("--disk", "--disk needs a value. Try: scripts/bootstrap.sh --help")]
    [InlineData("--size 1", "unknown option --size. Try: scripts/bootstrap.sh --help")]
    public async Task A_wrong_option_is_named(string options, string error)
    {
        Assert.Equal(Error(error), await BootstrapAsync(options));
        Assert.False(File.Exists($"{Machines}/calls"));
    }

    [Fact]
    public async Task Help_lists_the_options()
    {
        Run run = await BootstrapAsync("--help");
        Assert.StartsWith("usage: scripts/bootstrap.sh [OPTION...] [TARGET...]\n", run.Output, StringComparison.Ordinal);
        Assert.All(["--name", "--cpus", "--memory", "--disk", "--delete"], option => Assert.Contains($"\n  {option} ", run.Output));
        Assert.Equal(("", 0), (run.Error, run.ExitCode));
    }

    private Task<Run> BootstrapAsync(string options = "", string fault = "") => Run.ScriptAsync(
        $"PATH={AppContext.BaseDirectory}stand-ins:$PATH {Checkout}/scripts/bootstrap.sh {options}",
        new Dictionary<string, string> { ["MULTIPASS"] = Machines, ["FAULT"] = fault });

    private async Task CalledAsync(string[] calls) => Assert.Equal(calls, await CallsAsync());

    private async Task BuiltAsync(string[] sources) => Assert.Equal(sources, await File.ReadAllLinesAsync($"{Checkout}/out/all"));

    private Task<string[]> CallsAsync() => File.ReadAllLinesAsync($"{Machines}/calls");

    private Task ForgetCallsAsync() => File.WriteAllTextAsync($"{Machines}/calls", "");

    private static Run Error(string message) => new(1, "", $"error: {message}\n");
}
