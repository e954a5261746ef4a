using System.Text.RegularExpressions;
using YamlDotNet.RepresentationModel;

namespace Depmap.Dist.Tests;

/// <summary>The workflows of .github/workflows: what they refer to exists, and their own scripts do what they say.</summary>
public sealed partial class ReleaseWorkflowTests
{
    private static readonly string[] Names = ["ci.yml", "release.yml"];

    public static TheoryData<string> Workflows() => new(Names);

    [Theory]
    [MemberData(nameof(Workflows))]
    public void Every_script_and_make_target_exists(string workflow)
    {
        string makefile = File.ReadAllText(Installation.File("Makefile"));
        foreach (string script in Scripts(workflow))
        {
            Assert.All(
                Script().Matches(script),
                match => Assert.True(IsExecutable(match.Value), $"{match.Value} in {workflow}"));
            Assert.All(
                Target().Matches(script),
                match => Assert.Matches($"(?m)^{match.Groups[1].Value}:.* ## ", makefile));
            Assert.All(Project().Matches(script), match => Assert.True(File.Exists(Installation.File(match.Value)), match.Value));
        }
    }

    [Theory]
    [MemberData(nameof(Workflows))]
    public void Every_action_has_a_full_version(string workflow) => Assert.All(
        Uses(workflow),
        action => Assert.True(
            action.StartsWith("./", StringComparison.Ordinal) ? File.Exists(Installation.File(action)) : Pinned().IsMatch(action), action));

    [Theory]
    [MemberData(nameof(Workflows))]
    public void Every_reference_to_a_job_or_a_step_has_its_output(string workflow)
    {
        foreach ((YamlNode name, YamlNode job) in Jobs(workflow))
        {
            string text = Text(job);
            string[] needs = job.Find("needs") switch
            {
                YamlSequenceNode list => [.. list.Select(need => need.ToString())],
                { } one => [one.ToString()],
                null => [],
            };
            foreach (Match match in NeededOutput().Matches(text))
            {
                Assert.Contains(match.Groups[1].Value, needs);
                Assert.NotNull(Jobs(workflow)[match.Groups[1].Value].Find("outputs")?.Find(match.Groups[2].Value));
            }

            IEnumerable<string?> ids = ((YamlSequenceNode?)job.Find("steps"))?.Select(step => step.Find("id")?.ToString()) ?? [];
            Assert.All(StepOutput().Matches(text), match => Assert.Contains(match.Groups[1].Value, ids));
            Assert.NotNull(name);
        }
    }

    [Fact]
    public void The_plugin_is_built_for_every_platform_on_its_own_system()
    {
        IList<YamlNode> matrix = ((YamlSequenceNode)Jobs("release.yml")["plugin"]["strategy"]["matrix"]["include"]).Children;
        Assert.Equal(
            Platform.All.Select(platform => platform.Runtime),
            matrix.Select(entry => entry["runtime"].ToString()));
        Assert.All(matrix, entry => Assert.StartsWith(
            entry["runtime"].ToString().Split('-')[0] switch { "linux" => "ubuntu-", "osx" => "macos-", _ => "windows-" },
            entry["runner"].ToString(),
            StringComparison.Ordinal));
    }

    [Fact]
    public void Every_secret_and_variable_is_explained()
    {
        string guide = File.ReadAllText(Installation.File("docs/releasing.md"));
        foreach (string workflow in Names)
        {
            foreach (Match match in SecretOrVariable().Matches(File.ReadAllText(Installation.File($".github/workflows/{workflow}"))))
            {
                if (match.Groups[1].Value != "GITHUB_TOKEN") // GitHub makes it
                    Assert.Contains($"`{match.Groups[1].Value}`", guide, StringComparison.Ordinal);
            }
        }
    }

    [Fact]
    public void The_test_workflow_runs_the_command_of_the_README()
    {
        Assert.Contains("\nmake test ", File.ReadAllText(Installation.File("README.md")), StringComparison.Ordinal);
        Assert.Contains(Scripts("ci.yml"), script => script.EndsWith(" make test", StringComparison.Ordinal));
    }

    /// <summary>
    /// Ubuntu has no package of Chromium, and not Debian's kernels. In a container, eBPF and network namespaces need privileges.
    /// </summary>
    [Fact]
    public void Every_job_that_runs_the_tests_does_so_in_a_privileged_Debian()
    {
        YamlNode[] jobs = [.. Names.SelectMany(workflow => Jobs(workflow).Children.Values).Where(RunsTests)];
        Assert.NotEmpty(jobs);
        Assert.All(jobs, job =>
        {
            YamlNode container = job.Find("container") ?? throw new InvalidOperationException("The job has no container.");
            Assert.Matches(@"^debian:\d+$", container["image"].ToString());
            Assert.Subset(
                container["options"].ToString().Split(' ').ToHashSet(),
                new HashSet<string> { "--privileged", "--cgroupns=host" });
            Assert.Subset(
                ((YamlSequenceNode)container["volumes"]).Select(volume => volume.ToString().Split(':')[1]).ToHashSet(),
                new HashSet<string> { "/lib/modules", "/sys/fs/bpf", "/var/tmp" });
            YamlNode[] steps = [.. (YamlSequenceNode)job["steps"]];
            Assert.Matches(@"^apt-get .* git make$", steps[0].Find("run")?.ToString());
            Assert.DoesNotContain(steps, step => step.Find("run")?.ToString().Contains("sudo ", StringComparison.Ordinal) == true);
        });
    }

    [Theory]
    [InlineData("v0.1.0", "depmap/depmap", 0, "")]
    [InlineData("v9.9.9", "depmap/depmap", 1, "error: the tag is v9.9.9, and Directory.Build.props says VERSION\n")]
    [InlineData("v0.1.0", "someone/fork", 1, "error: this is someone/fork, and Directory.Build.props says depmap/depmap\n")]
    public async Task A_tag_that_is_not_the_version_and_a_fork_are_refused(string tag, string repository, int exitCode, string error)
    {
        string version = (await Run.ScriptAsync($"{Installation.File("scripts/property.sh")} VersionPrefix")).Succeeded().Trim();
        YamlNode step = ((YamlSequenceNode)Jobs("release.yml")["names"]["steps"]).Single(step => step.Find("id")?.ToString() == "names");
        Run run = await Run.ScriptAsync(
            $"cd {Installation.Root}\nset -e\n{step["run"]}",
            new Dictionary<string, string>
            {
                ["GITHUB_REF_NAME"] = tag == "v0.1.0" ? $"v{version}" : tag,
                ["GITHUB_REPOSITORY"] = repository,
                ["GITHUB_OUTPUT"] = "/dev/stdout",
            });
        string names = $"version={version}\nregistry=ghcr.io/depmap\ntap=depmap/homebrew-tap\n";
        Assert.Equal(new Run(exitCode, exitCode == 0 ? names : "", error.Replace("VERSION", version, StringComparison.Ordinal)), run);
    }

    private static bool RunsTests(YamlNode job) =>
        ((YamlSequenceNode?)job.Find("steps") ?? []).Any(step => TestTarget().IsMatch(step.Find("run")?.ToString() ?? ""));

    private static bool IsExecutable(string path) =>
        File.GetUnixFileMode(Installation.File(path)).HasFlag(UnixFileMode.UserExecute);

    private static IEnumerable<string> Scripts(string workflow) =>
        Steps(workflow).Select(step => step.Find("run")?.ToString()).OfType<string>();

    private static IEnumerable<string> Uses(string workflow) =>
        Steps(workflow).Concat(Jobs(workflow).Children.Values).Select(node => node.Find("uses")?.ToString()).OfType<string>();

    private static IEnumerable<YamlNode> Steps(string workflow) =>
        Jobs(workflow).Children.Values.SelectMany(job => (YamlSequenceNode?)job.Find("steps") ?? []);

    private static YamlMappingNode Jobs(string workflow)
    {
        var yaml = new YamlStream();
        yaml.Load(new StringReader(File.ReadAllText(Installation.File($".github/workflows/{workflow}"))));
        return (YamlMappingNode)yaml.Documents[0].RootNode["jobs"];
    }

    private static string Text(YamlNode node) => string.Join('\n', node.AllNodes.OfType<YamlScalarNode>().Select(scalar => scalar.Value));

    [GeneratedRegex(@"\bscripts/[\w-]+\.sh")]
    private static partial Regex Script();

    [GeneratedRegex(@"\bmake ([a-z][\w-]*)")]
    private static partial Regex Target();

    [GeneratedRegex(@"\bmake test(-\w+)*(\s|$)")]
    private static partial Regex TestTarget();

    [GeneratedRegex(@"\S+\.csproj")]
    private static partial Regex Project();

    [GeneratedRegex(@"^(docker://[^:]+:|[\w/-]+@v)\d+\.\d+\.\d+$")]
    private static partial Regex Pinned();

    [GeneratedRegex(@"needs\.([\w-]+)\.outputs\.([\w-]+)")]
    private static partial Regex NeededOutput();

    [GeneratedRegex(@"steps\.([\w-]+)\.outputs\.")]
    private static partial Regex StepOutput();

    [GeneratedRegex(@"\b(?:secrets|vars)\.(\w+)")]
    private static partial Regex SecretOrVariable();
}
