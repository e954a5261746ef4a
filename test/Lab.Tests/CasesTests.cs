using System.Text.Json;

namespace Depmap.Lab.Tests;

/// <summary>Every case of test/lab/cases, by its name. The run also writes out/CASES.md.</summary>
public sealed class CasesTests(CasesRun run) : IClassFixture<CasesRun>
{
    public static TheoryData<string> Names =>
        [.. Run.ScriptAsync($"{CasesRun.Program} --list").Result.Succeeded().Split('\n', StringSplitOptions.RemoveEmptyEntries)];

    [Theory]
    [MemberData(nameof(Names))]
    public void Flows_and_edges_are_as_expected(string name) =>
        Assert.True(run.Problems[name].Length == 0, string.Join('\n', run.Problems[name]));

    [Fact]
    public async Task One_case_runs_by_its_name_and_prints_its_flows()
    {
        string[] lines = (await Run.ScriptAsync($"make -s -C {Installation.Root} cases CASE=headless-v4-far")).Succeeded().Split('\n');
        Assert.Equal("ok   headless-v4-far", lines[0]);
        Assert.Equal("TCP Deployment/far -> service db:5432 at StatefulSet/db FORWARDED", FlowLine.Read(lines[1]).ToString());
        Assert.Equal("ok   services-map", lines[2]);
        Assert.Matches("^ +cases/far +cases/db +TCP +5432 +1 +0 ", lines[4]);
        Assert.Equal("2 as expected, 0 not", lines[5]);
    }

    [Fact]
    public async Task An_unknown_name_is_one_error()
    {
        Assert.Equal(
            new Run(1, "", "error: there is no case nonsense. Try: test/lab/run-cases --list\n"),
            await Run.ScriptAsync($"{CasesRun.Program} nonsense"));
    }
}

/// <summary>All cases, run once.</summary>
public sealed class CasesRun : IAsyncLifetime
{
    internal static readonly string Program = Installation.File("test/lab/run-cases");
    private static readonly TimeSpan Timeout = TimeSpan.FromMinutes(15);

    /// <summary>The differences from what a case expects, by its name.</summary>
    internal Dictionary<string, string[]> Problems { get; } = [];

    public async Task InitializeAsync()
    {
        Directory.CreateDirectory(Installation.File("out"));
        string results = Path.GetTempFileName();
        try
        {
            Run run = await Run.ScriptAsync(
                $"{Program} --results {results} --write {Installation.File("out/CASES.md")}",
                new Dictionary<string, string> { ["DEPMAP_BIN"] = Path.GetDirectoryName(Installation.Agent)! },
                Timeout);
            string[] lines = await File.ReadAllLinesAsync(results);
            if (lines.Length == 0)
                run.Succeeded();
            foreach (string line in lines)
            {
                JsonElement result = JsonDocument.Parse(line).RootElement;
                Problems.Add(
                    result.GetProperty("case").GetString()!,
                    [.. result.GetProperty("problems").EnumerateArray().Select(problem => problem.GetString()!)]);
            }
        }
        finally
        {
            File.Delete(results);
        }
    }

    public Task DisposeAsync() => Task.CompletedTask;
}
