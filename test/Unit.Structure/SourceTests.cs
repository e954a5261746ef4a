using System.Diagnostics;
using System.Text.RegularExpressions;

namespace Depmap.Structure.Tests;

/// <summary>Conventions that no analyser checks.</summary>
public sealed partial class SourceTests
{
    private const int MaxColumns = 140;

    private static readonly string Root = RepositoryRoot();

    [Fact]
    public void Lines_have_at_most_140_columns()
    {
        IEnumerable<string> tooLong = Files("*.cs", "*.c", "*.h", "*.sh", "*.proto", "*.py", "test/bench/bench")
            .SelectMany(file => File.ReadLines($"{Root}/{file}").Select((line, i) => (Place: $"{file}:{i + 1}", line.Length)))
            .Where(line => line.Length > MaxColumns)
            .Select(line => $"{line.Place}: {line.Length} columns");

        Assert.Equal("", string.Join('\n', tooLong));
    }

    [Fact]
    public void Tokens_and_time_providers_have_one_name()
    {
        IEnumerable<string> others = Files("*.cs")
            .SelectMany(file => ParameterLists().Matches(File.ReadAllText($"{Root}/{file}")).Select(list => (file, list.Groups[1].Value)))
            .SelectMany(list => OtherNames(list.Value).Select(name => $"{list.file}: {name}"));

        Assert.Equal("", string.Join('\n', others));
    }

    // Two of a kind in one list need names that differ.
    private static IEnumerable<string> OtherNames(string parameters)
    {
        MatchCollection tokens = Token().Matches(parameters);
        if (tokens.Count == 1 && tokens[0].Groups[1].Value != "cancellationToken")
            yield return tokens[0].Value;
        MatchCollection clocks = Clock().Matches(parameters);
        if (clocks.Count == 1 && clocks[0].Groups[1].Value is not ("timeProvider" or "TimeProvider"))
            yield return clocks[0].Value;
    }

    private static string[] Files(params string[] patterns)
    {
        var start = new ProcessStartInfo("git", ["-C", Root, "ls-files", "--", .. patterns]) { RedirectStandardOutput = true };
        using Process git = Process.Start(start)!;
        string files = git.StandardOutput.ReadToEnd();
        git.WaitForExit();
        Assert.Equal(0, git.ExitCode);
        return [.. files.Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(file => File.Exists($"{Root}/{file}"))];
    }

    private static string RepositoryRoot()
    {
        string folder = AppContext.BaseDirectory;
        while (!File.Exists($"{folder}/Depmap.sln"))
            folder = Path.GetDirectoryName(folder) ?? throw new InvalidOperationException("not inside the repository");
        return folder;
    }

    // A list of parameters, those of a lambda expression included.
    [GeneratedRegex(@"\(((?:[^()]|\([^()]*\))*)\)")]
    private static partial Regex ParameterLists();

    [GeneratedRegex(@"\bCancellationToken\?? (\w+)")]
    private static partial Regex Token();

    [GeneratedRegex(@"\bTimeProvider\?? (\w+)")]
    private static partial Regex Clock();
}
