using System.Text.Json;

namespace Depmap.Lab.Tests;

/// <summary>Every case of test/lab/cases, by its name; the run also writes test/lab/CASES.md.</summary>
public sealed class CasesTests(CasesRun run) : IClassFixture<CasesRun>
{
    public static TheoryData<string> Names => [.. Run.ScriptAsync($"{CasesRun.Program} --list").Result.Succeeded().Split('\n', StringSplitOptions.RemoveEmptyEntries)];

    [Theory]
    [MemberData(nameof(Names))]
    public void Flows_and_edges_are_those_expected(string name) => Assert.Equal("", string.Join('\n', run.Problems[name]));
}

/// <summary>All cases, run once.</summary>
public sealed class CasesRun : IAsyncLifetime
{
    internal static readonly string Program = Installation.File("test/lab/run-cases");
    private static readonly TimeSpan patience = TimeSpan.FromMinutes(15);

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
                patience);
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
