using System.Diagnostics;
using System.Net;
using Depmap.Relay.Options;

namespace Depmap.Relay.Tests.Running;

/// <summary>Runs the program in a process of its own.</summary>
public sealed class ProgramTests : IDisposable
{
    private const string Good = """{"kind": "List", "items": []}""";

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("depmap-relay-");

    private string Objects => Path.Combine(_folder.FullName, "objects.json");

    public void Dispose() => _folder.Delete(recursive: true);

    private static Process Start(string[] args, params (string Name, string Value)[] environment)
    {
        var start = new ProcessStartInfo("dotnet", [typeof(RelayOptions).Assembly.Location, .. args])
        {
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        };
        foreach ((string name, string value) in environment)
            start.Environment[name] = value;
        return Process.Start(start)!;
    }

    private static async Task<(int Code, string Out, string Error)> Run(string[] args, params (string Name, string Value)[] environment)
    {
        using Process process = Start(args, environment);
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        string error = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, await output, error);
    }

    public static TheoryData<string[], string> WrongArguments => new()
    {
        { ["--intak", "x"], "error: unknown flag --intak, did you mean --intake?\n" },
        { ["--zzzzzzzz"], "error: unknown flag --zzzzzzzz, see depmap-relay --help\n" },
        { ["here"], "error: unexpected argument \"here\", see depmap-relay --help\n" },
        { ["--intake"], "error: --intake needs a value: --intake ADDRESS:PORT\n" },
        { ["--intake", "9471"], "error: invalid value \"9471\" for --intake: use ADDRESS:PORT, such as 127.0.0.1:9470 or [::1]:9470\n" },
        { ["--queries", "::1"], "error: invalid value \"::1\" for --queries: use ADDRESS:PORT, such as 127.0.0.1:9470 or [::1]:9470\n" },
        { ["--flows", "0"], "error: invalid value \"0\" for --flows: use a number from 16 to 10000000\n" },
        { ["--retain", "7"], "error: invalid value \"7\" for --retain: use a duration from 1h to 3650d, such as 7d\n" },
        { ["--retain", "59m"], "error: invalid value \"59m\" for --retain: use a duration from 1h to 3650d, such as 7d\n" },
        { ["--retain-size", "1GB"], "error: invalid value \"1GB\" for --retain-size: use a size from 1MiB, such as 500MiB or 1GiB\n" },
        { ["--retain-size", "9KiB"], "error: invalid value \"9KiB\" for --retain-size: use a size from 1MiB, such as 500MiB or 1GiB\n" },
        { ["--objects", "f", "--kubernetes", "g"], "error: --objects and --kubernetes cannot be used together\n" },
        {
            ["--kubernetes", "/nowhere"],
            "error: --kubernetes needs the variables KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT, which Kubernetes sets in a pod\n"
        },
        { ["--certificates", "d", "--tls-folder", "f"], "error: --certificates and --tls-folder cannot be used together\n" },
        {
            ["--certificates", "depmap"],
            "error: --certificates requires --kubernetes, whose ServiceAccount changes the Secrets\n"
        },
        {
            ["--log-level", "inof"],
            "error: invalid value \"inof\" for --log-level: use debug, info, warning or error, did you mean info?\n"
        },
    };

    [Theory]
    [MemberData(nameof(WrongArguments))]
    public async Task An_invalid_argument_gives_one_line_that_names_it(string[] args, string error) =>
        Assert.Equal((1, "", error), await Run(args));

    [Fact]
    public async Task An_invalid_environment_variable_is_named() =>
        Assert.Equal(
            (1, "", "error: invalid value \"many\" for DEPMAP_MAX_EDGES: use a number from 1 to 10000000\n"),
            await Run([], ("DEPMAP_MAX_EDGES", "many")));

    [Fact]
    public async Task Help_lists_every_option_and_its_variable()
    {
        (int code, string help, string error) = await Run(["--help"]);
        Assert.Equal((0, ""), (code, error));
        await Snapshot.Match(help);
    }

    [Fact]
    public async Task The_version_is_printed() => Assert.Equal((0, "0.1.0\n", ""), await Run(["--version"]));

    [Fact]
    public async Task A_missing_objects_file_is_an_error() => Assert.Equal(
        (1, "", $"error: {Objects}: no such file; expected a Kubernetes List, as kubectl get -o json prints it\n"),
        await Run(["--objects", Objects]));

    [Fact]
    public async Task A_malformed_objects_file_is_an_error_with_its_line()
    {
        File.WriteAllText(Objects, "{\n  \"kind\": \"List\",\n  \"items\": {}\n}\n");
        Assert.Equal((1, "", $"error: {Objects}:3: expected \"items\" to be a list\n"), await Run(["--objects", Objects]));
    }

    [Fact]
    public async Task A_port_in_use_gives_one_line()
    {
        using var taken = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 0);
        taken.Start();
        Assert.Equal(
            (1, "", $"error: cannot listen on {taken.LocalEndpoint}: address already in use; "
                + "choose another address with --intake, --queries or --listen\n"),
            await Run(["--intake", "127.0.0.1:0", "--queries", taken.LocalEndpoint.ToString()!]));
    }

    [Fact]
    public async Task By_default_agents_connect_by_IPv4_and_IPv6()
    {
        Assert.Contains("(default [::]:9471)", (await Run(["--help"])).Out, StringComparison.Ordinal);
        using Process relay = Start(["--intake", "[::]:0", "--queries", "127.0.0.1:0"]);
        try
        {
            string line = (await relay.StandardError.ReadLineAsync())!;
            int port = int.Parse(line[(line.LastIndexOf(':') + 1)..], System.Globalization.CultureInfo.InvariantCulture);
            foreach (IPAddress address in (IPAddress[])[IPAddress.Loopback, IPAddress.IPv6Loopback])
            {
                using var client = new System.Net.Sockets.TcpClient(address.AddressFamily);
                await client.ConnectAsync(address, port);
            }
        }
        finally
        {
            relay.Kill();
        }
    }

    [Fact]
    public async Task Without_IPv6_in_the_kernel_agents_connect_by_IPv4()
    {
        using Process relay = Start(
            ["--intake", "[::]:0", "--queries", "127.0.0.1:0"], ("DOTNET_SYSTEM_NET_DISABLEIPV6", "1"));
        try
        {
            Assert.Matches(@"info  relay: intake on 0\.0\.0\.0:\d+$", await relay.StandardError.ReadLineAsync());
        }
        finally
        {
            relay.Kill();
        }
    }

    [Fact]
    public async Task Invalid_objects_at_runtime_give_one_warning_and_recover()
    {
        File.WriteAllText(Objects, Good);
        using Process relay = Start(["--objects", Objects, "--intake", "127.0.0.1:0", "--queries", "127.0.0.1:0"]);
        try
        {
            Assert.Matches(
                @"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z info  relay: intake on 127\.0\.0\.1:\d+$",
                await relay.StandardError.ReadLineAsync());
            Assert.Matches(
                @"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z info  relay: queries on 127\.0\.0\.1:\d+$",
                await relay.StandardError.ReadLineAsync());

            Replace("{\n\"items\": 3}");
            Assert.EndsWith(
                $"Z warn  names: {Objects}:2: expected \"items\" to be a list; the objects read before stay in use",
                await relay.StandardError.ReadLineAsync());
            // A new time stamp with the same content gives no second warning.
            File.SetLastWriteTimeUtc(Objects, DateTime.UtcNow.AddSeconds(-5));
            await Task.Delay(1500);
            Replace(Good);
            Assert.EndsWith($"Z info  names: {Objects} read again: 0 pods, 0 services", await relay.StandardError.ReadLineAsync());
            File.Delete(Objects);
            Assert.Contains("no such file", await relay.StandardError.ReadLineAsync());

            long start = Stopwatch.GetTimestamp();
            using Process kill = Process.Start("kill", ["-TERM", relay.Id.ToString()]);
            await relay.WaitForExitAsync();
            Assert.True(Stopwatch.GetElapsedTime(start) < TimeSpan.FromSeconds(2));
            Assert.Equal((0, ""), (relay.ExitCode, await relay.StandardError.ReadToEndAsync()));
        }
        finally
        {
            relay.Kill();
        }
    }

    // Replaces the file, as ConfigMap volumes do.
    private void Replace(string text)
    {
        File.WriteAllText(Objects + ".new", text);
        File.Move(Objects + ".new", Objects, overwrite: true);
    }
}
