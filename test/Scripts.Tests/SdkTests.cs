using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Http;

namespace Depmap.Scripts.Tests;

/// <summary>scripts/dotnet-sdk.sh, in a checkout of its own, downloads from a server of the test.</summary>
public sealed class SdkTests : IDisposable
{
    private static readonly string Runtime = RuntimeInformation.OSArchitecture == Architecture.Arm64 ? "linux-arm64" : "linux-x64";
    private static readonly string Archive = $"dotnet-sdk-10.0.999-{Runtime}.tar.gz";

    private readonly TemporaryFolder _checkout = new();

    public void Dispose() => _checkout.Dispose();

    [Fact]
    public async Task The_archive_is_unpacked_once()
    {
        byte[] archive = await PackAsync();
        List<string> requests = [];
        await using FakeHttpServer server = await FakeHttpServer.StartAsync(context =>
        {
            requests.Add(context.Request.Path);
            return context.Response.Body.WriteAsync(archive).AsTask();
        });

        Assert.Equal(new Run(0, "", "installing: .NET SDK 10.0.999 in .dotnet/\n"), await InstallAsync(server));
        Assert.Equal("an SDK\n", (await Run.ScriptAsync($"{_checkout.Path}/.dotnet/dotnet")).Succeeded());
        Assert.Equal(new Run(0, "", ""), await InstallAsync(server));
        Assert.Equal([$"/Sdk/10.0.999/{Archive}"], requests);
    }

    [Fact]
    public async Task Another_version_replaces_the_old_one()
    {
        byte[] archive = await PackAsync();
        _checkout.Write(".dotnet/sdk/10.0.100/old", "");
        await using FakeHttpServer server = await FakeHttpServer.StartAsync(context => context.Response.Body.WriteAsync(archive).AsTask());

        (await InstallAsync(server)).Succeeded();
        Assert.Equal(["10.0.999"], Directory.GetDirectories($"{_checkout.Path}/.dotnet/sdk").Select(Path.GetFileName));
    }

    [Fact]
    public async Task Another_archive_than_the_pinned_one_is_refused()
    {
        byte[] archive = await PackAsync();
        archive[^1] ^= 1;
        await FailsAsync(
            context => context.Response.Body.WriteAsync(archive).AsTask(),
            $"URL/Sdk/10.0.999/{Archive} is not what it should be: its SHA-512 is not the one in scripts/dotnet-sdk.sha512. "
            + "Nothing was installed");
    }

    [Fact]
    public async Task A_download_that_is_cut_short_is_refused()
    {
        byte[] archive = await PackAsync();
        await FailsAsync(
            async context =>
            {
                context.Response.ContentLength = archive.Length;
                await context.Response.Body.WriteAsync(archive.AsMemory(0, 100));
                await context.Response.Body.FlushAsync();
                context.Abort();
            },
            $"cannot download URL/Sdk/10.0.999/{Archive}: curl: REASON. "
            + "Try: DOTNET_SDK_URL=MIRROR make setup, or install the .NET 10 SDK");
    }

    [Fact]
    public async Task A_server_without_the_archive_is_named()
    {
        await PackAsync();
        await FailsAsync(
            context =>
            {
                context.Response.StatusCode = StatusCodes.Status404NotFound;
                return Task.CompletedTask;
            },
            $"cannot download URL/Sdk/10.0.999/{Archive}: curl: REASON. "
            + "Try: DOTNET_SDK_URL=MIRROR make setup, or install the .NET 10 SDK");
    }

    [Fact]
    public async Task The_pinned_version_is_one_that_global_json_accepts()
    {
        using JsonDocument global = JsonDocument.Parse(await File.ReadAllTextAsync(Installation.File("global.json")));
        JsonElement sdk = global.RootElement.GetProperty("sdk");
        var minimum = Version.Parse(sdk.GetProperty("version").GetString()!);
        Assert.Equal("latestFeature", sdk.GetProperty("rollForward").GetString()); // 10.0.X, from the minimum on

        string[] lines = await File.ReadAllLinesAsync(Installation.File("scripts/dotnet-sdk.sha512"));
        Version[] versions = [.. lines.Select(line => Version.Parse(line.Split("  dotnet-sdk-")[1].Split('-')[0]))];
        Assert.Equal(2, versions.Length);
        Assert.All(lines, line => Assert.Matches("^[0-9a-f]{128}  dotnet-sdk-", line));
        Assert.Equal(versions[0], versions[1]);
        Assert.Equal((minimum.Major, minimum.Minor), (versions[0].Major, versions[0].Minor));
        Assert.True(versions[0] >= minimum);
    }

    /// <summary>Makes a checkout with the script and the checksum of an archive, which it returns.</summary>
    private async Task<byte[]> PackAsync()
    {
        (await Run.ScriptAsync($"""
            set -e
            cd {_checkout.Path}
            mkdir -p scripts work/sdk/10.0.999
            printf '#!/bin/sh\necho an SDK\n' >work/dotnet
            chmod +x work/dotnet
            tar -czf {Archive} -C work .
            rm -r work
            sha512sum {Archive} >scripts/dotnet-sdk.sha512
            cp {Installation.File("scripts/dotnet-sdk.sh")} scripts
            """)).Succeeded();
        string file = Path.Combine(_checkout.Path, Archive);
        byte[] archive = await File.ReadAllBytesAsync(file);
        File.Delete(file);
        return archive;
    }

    private Task<Run> InstallAsync(FakeHttpServer server) =>
        Run.ScriptAsync($"DOTNET_SDK_URL={Url(server)} {_checkout.Path}/scripts/dotnet-sdk.sh");

    private static string Url(FakeHttpServer server) => server.Address.ToString().TrimEnd('/');

    /// <summary>The script fails with one line and leaves nothing.</summary>
    private async Task FailsAsync(RequestDelegate answer, string error)
    {
        await using FakeHttpServer server = await FakeHttpServer.StartAsync(answer);
        Run run = await InstallAsync(server);
        string[] lines = run.Error.Split('\n');
        // curl's words differ between versions.
        string message = Regex.Replace(lines[1], @"curl: \(\d+\) .*?(?=\. Try)", "curl: REASON");
        Assert.Equal("installing: .NET SDK 10.0.999 in .dotnet/", lines[0]);
        Assert.Equal("error: " + error.Replace("URL/", Url(server) + "/", StringComparison.Ordinal), message);
        Assert.Equal([""], lines[2..]);
        Assert.Equal(1, run.ExitCode);
        Assert.Equal(["scripts"], Directory.GetFileSystemEntries(_checkout.Path).Select(Path.GetFileName));
    }
}
