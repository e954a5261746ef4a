using Depmap.Plugin.Tests.Cluster;

namespace Depmap.Plugin.Tests.Completion;

/// <summary>What <c>__complete</c> prints: a word a line with its description, then a line for Cobra.</summary>
public sealed class CompletionTests
{
    private const string NoFiles = ":4\n", Files = ":0\n";

    private const string Kubeconfig = """
        contexts:
        - {name: "arn:aws:eks:eu-1:1:cluster/a", context: {namespace: shop, cluster: c, user: ann}}
        - {name: b, context: {namespace: pay}}
        - {name: c, context: {namespace: shop}}
        clusters: [{name: c, cluster: {server: "https://c"}}, {name: d, cluster: {server: "https://d"}}]
        users: [{name: ann, user: {token: x}}]
        """;

    [Theory]
    [InlineData("", "observe map why policy diff ui install status uninstall try images version completion")]
    [InlineData("obs", "observe")]
    [InlineData("--context b obs", "observe")]
    [InlineData("frobnicate", "")]
    [InlineData("observe ", "")]
    [InlineData("observe --o", "--output")]
    [InlineData("observe --ver", "--verdict")]
    [InlineData("observe --output json --o", "")]
    [InlineData("observe --port 80 --po", "--pod --port")]
    [InlineData("observe --serv", "--service")] // not --server
    [InlineData("observe --k", "--kubeconfig")]
    [InlineData("status --n", "")] // -n is its former name
    [InlineData("--vers", "--version")]
    [InlineData("observe -o ", "json jsonpb compact wide dict jsonpath= custom-columns=")]
    [InlineData("observe -o c", "compact custom-columns=")]
    [InlineData("observe -o=c", "compact custom-columns=")]
    [InlineData("observe --output=", "json jsonpb compact wide dict jsonpath= custom-columns=")]
    [InlineData("observe --from-n", "--from-namespace --from-node")]
    [InlineData("observe --not n", "namespace= node=")]
    [InlineData("observe --drop-reason PO", "POLICY")]
    [InlineData("observe --to-namespace p", "pay")]
    [InlineData("observe --color ", "auto always never")]
    [InlineData("observe --verdict FORWARDED,", "FORWARDED,DROPPED")]
    [InlineData("observe --verdict=FOR", "FORWARDED")]
    [InlineData("observe --relay ", "")]
    [InlineData("observe --since ", "")]
    [InlineData("install --dry-run=", "none client server")]
    [InlineData("install --dry-run ", "")] // a value needs =, as for kubectl
    [InlineData("install --wait=", "true false")]
    [InlineData("try ", "observe map")]
    [InlineData("try map ", "")]
    [InlineData("try --for 5m -- --fol", "--follow")]
    [InlineData("try -- -o ", "json jsonpb compact wide dict jsonpath= custom-columns=")]
    [InlineData("try map -- -o ", "table wide json yaml csv markdown name dot mermaid svg html")]
    [InlineData("try map -- --po", "--port")]
    [InlineData("observe -- ", "")]
    [InlineData("help m", "map")]
    [InlineData("completion ", "bash zsh fish powershell")]
    [InlineData("completion bash ", "")]
    [InlineData("observe --context ", "arn:aws:eks:eu-1:1:cluster/a b c")]
    [InlineData("observe --context=arn", "arn:aws:eks:eu-1:1:cluster/a")]
    [InlineData("--cluster ", "c d")]
    [InlineData("map --user a", "ann")]
    [InlineData("map -n ", "pay shop")]
    [InlineData("map -n pay,", "pay,shop")]
    [InlineData("observe --request-timeout soon -n p", "pay")]
    [InlineData("status --depmap-namespace ", "pay shop")]
    [InlineData("install -n s", "shop")]
    public async Task It_offers_words(string typed, string words)
    {
        using var folder = new TemporaryFolder();
        string kubeconfig = Path.Combine(folder.Path, "config");
        await File.WriteAllTextAsync(kubeconfig, Kubeconfig);
        PluginRun run = await CompleteAsync(typed, kubeconfig);
        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        string[] lines = run.Output.Split('\n')[..^1];
        Assert.Equal(words, string.Join(' ', lines[..^1].Select(line => line.Split('\t')[0])));
        Assert.Equal(NoFiles, lines[^1] + "\n");
    }

    [Theory]
    [InlineData("observe --kubeconfig ")]
    [InlineData("observe --kubeconfig=x")]
    [InlineData("install -f ")]
    [InlineData("install --values=")]
    public async Task It_leaves_files_to_the_shell(string typed) =>
        Assert.Equal(new PluginRun(0, Files, ""), await CompleteAsync(typed, "/nowhere"));

    [Theory]
    [InlineData("/nowhere/config")]
    [InlineData("/dev/full")]
    public async Task Without_a_kubeconfig_it_offers_nothing(string kubeconfig) =>
        Assert.Equal(new PluginRun(0, NoFiles, ""), await CompleteAsync("observe --context ", kubeconfig));

    [Fact]
    public async Task The_kubeconfig_is_that_of_the_command_line()
    {
        using var folder = new TemporaryFolder();
        string kubeconfig = Path.Combine(folder.Path, "config");
        await File.WriteAllTextAsync(kubeconfig, Kubeconfig);
        Assert.Equal("b\n:4\n", (await CompleteAsync($"map --kubeconfig {kubeconfig} --context b", "/nowhere")).Output);
    }

    [Fact]
    public async Task Words_have_descriptions()
    {
        Assert.Equal(
            "map\tPrint which service depends on which, on which port, and what fails.\n:4\n",
            (await CompleteAsync("ma", "/nowhere")).Output);
        Assert.Equal(
            "--follow\tKeep printing new flows until Ctrl-C.\n:4\n", (await CompleteAsync("observe --fo", "/nowhere")).Output);
        Assert.Contains("\n-f\tKeep printing new flows until Ctrl-C.\n", (await CompleteAsync("observe -", "/nowhere")).Output);
    }

    private static Task<PluginRun> CompleteAsync(string typed, string kubeconfig) =>
        PluginRun.Of(["__complete", .. typed.Split(' ')], new() { ["KUBECONFIG"] = kubeconfig });
}
