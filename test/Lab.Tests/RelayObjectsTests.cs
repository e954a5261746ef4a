namespace Depmap.Lab.Tests;

/// <summary>The objects file (<c>--objects</c>) of the published relay.</summary>
public sealed class RelayObjectsTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("depmap-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData(null, ": no such file; expected a Kubernetes List, as kubectl get -o json prints it")]
    [InlineData("{\n  \"kind\": \"List\",\n  \"items\": 7\n}\n", ":3: expected \"items\" to be a list")]
    public async Task An_invalid_file_is_one_error_at_start(string? content, string error)
    {
        string file = $"{_folder}/objects.json";
        if (content is not null)
            await File.WriteAllTextAsync(file, content);
        Assert.Equal(
            new Run(1, "", $"error: {file}{error}\n"),
            await Run.ScriptAsync($"timeout 20 {Installation.Relay} --intake 127.0.0.1:0 --queries 127.0.0.1:0 --objects {file}"));
    }

    [Fact]
    public async Task A_truncated_file_is_one_error_that_names_its_last_line()
    {
        string file = $"{_folder}/objects.json";
        await File.WriteAllTextAsync(file, "{\n  \"kind\": \"List\",\n  \"items\": [\n");
        Run run = await Run.ScriptAsync($"timeout 20 {Installation.Relay} --intake 127.0.0.1:0 --queries 127.0.0.1:0 --objects {file}");
        Assert.Equal((1, ""), (run.ExitCode, run.Output));
        Assert.Matches($@"^error: {file}:4: expected JSON.*\n$", run.Error); // followed by the JSON reader's message
    }

    [Fact]
    public async Task A_file_that_becomes_invalid_is_one_warning_and_the_names_stay()
    {
        await using RunningLab lab = await RunningLab.UpAsync("test/Lab.Tests/tables/load.lab");
        string file = $"{lab.State}/objects.json";
        string good = await File.ReadAllTextAsync(file);

        await File.WriteAllTextAsync(file, good[..(good.Length / 2)]);
        await Wait.UntilAsync(() => Warnings(lab).Length > 0);
        await lab.CallAsync("client", "tcp", "10.96.0.20", 80, first: 20_000);
        FlowLine flow = Assert.Single(await lab.FlowsAsync(count: 1));
        await Task.Delay(TimeSpan.FromSeconds(2)); // the relay checks the file twice more, and must not warn again

        Assert.Equal("TCP Deployment/client -> service echo:80 at Deployment/echo FORWARDED", flow.ToString());
        string warning = Assert.Single(Warnings(lab));
        Assert.Matches($@"{file}:\d+: expected .*; the objects read before stay in use$", warning);

        await File.WriteAllTextAsync(file, good.Replace("echo", "renamed"));
        await Wait.UntilAsync(() => lab.Log("relay").Any(line => line.Contains("read again: 4 pods, 2 services")));
        await lab.CallAsync("client", "tcp", "10.96.0.20", 80, first: 20_001);
        Assert.Equal("renamed", (await lab.FlowsAsync(count: 2))[^1].Destination.Service);
    }

    private static string[] Warnings(RunningLab lab) => [.. lab.Log("relay").Where(line => line.Contains(" warn  names: "))];
}
