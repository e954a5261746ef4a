using System.Text.Json;

namespace Depmap.Lab.Tests;

/// <summary>Every case of test/lab/cases, by its name; the run also writes test/lab/CASES.md.</summary>
public sealed class CasesTests(CasesRun run) : IClassFixture<CasesRun>
{
    public static TheoryData<string> Names => [.. Run.ScriptAsync($"{CasesRun.Program} --list").Result.Succeeded().Split('\n', StringSplitOptions.RemoveEmptyEntries)];

    [Theory]
    [MemberData(nameof(Names))]
    public void Flows_and_edges_are_those_expected(string name) => Assert.Equal("", string.Join('\n', run.Problems[name]));

    [Fact]
    public async Task One_is_run_by_its_name_and_shows_what_it_saw()
    {
        string[] lines = (await Run.ScriptAsync($"make -s -C {Installation.Root} cases CASE=headless-v4-far")).Succeeded().Split('\n');
        Assert.Equal("ok   headless-v4-far", lines[0]);
        Assert.Equal("TCP Deployment/far -> service db:5432 at StatefulSet/db FORWARDED", FlowLine.Read(lines[1]).ToString());
        Assert.Equal("ok   services-map", lines[2]);
        Assert.Matches("^ +cases/far +cases/db +TCP +5432 +1 +0 ", lines[4]);
        Assert.Equal("2 as expected, 0 not", lines[5]);
    }

    [Fact]
    public async Task A_case_that_there_is_not_is_an_error_in_one_line()
    {
        Run refused = await Run.ScriptAsync($"{CasesRun.Program} nonsense");
        Assert.Equal((1, "", "error: there is no case nonsense. Try: test/lab/run-cases --list\n"), (refused.ExitCode, refused.Output, refused.Error));
    }
}

/// <summary>All cases, run once.</summary>
public sealed class CasesRun : IAsyncLifetime
{
    internal static readonly string Program = Installation.File("test/lab/run-cases");
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(15);

    /// <summary>What differs from what was expected, by the case's name.</summary>
    internal Dictionary<string, string[]> Problems { get; } = [];

    public async Task InitializeAsync()
    {
        string results = Path.GetTempFileName();
        try
        {
            Run run = await Run.ScriptAsync(
                $"{Program} --results {results} --write {Installation.File("test/lab/CASES.md")}",
                new Dictionary<string, string> { ["DEPMAP_BIN"] = Path.GetDirectoryName(Installation.Agent)! },
                Patience);
            string[] lines = await File.ReadAllLinesAsync(results);
            if (lines.Length == 0)
                run.Succeeded();
            foreach (string line in lines)
            {
                JsonElement result = JsonDocument.Parse(line).RootElement;
                Problems.Add(
                    result.GetProperty("case").GetString()!, [.. result.GetProperty("problems").EnumerateArray().Select(p => p.GetString()!)]);
            }
        }
        finally
        {
            File.Delete(results);
        }
    }

    public Task DisposeAsync() => Task.CompletedTask;
}
