using System.CommandLine;
using Depmap.Common.Options;
using Depmap.Plugin.Install;

namespace Depmap.Plugin.Options;

/// <summary>
/// The options that configure an installation. <c>--set</c> overrides <c>--values</c>, and the other options override both.
/// </summary>
internal sealed class InstallOptions
{
    private readonly Option<string?> _namespace = Text(["--namespace", "-n"], "NAME",
        "The relay's namespace. The agents' namespace is NAME-agents. (default depmap)");

    private readonly Option<string?> _registry = Text(["--registry"], "PREFIX",
        "The registry of the images PREFIX/depmap-agent and PREFIX/depmap-relay. (default localhost)");

    private readonly Option<string[]> _images = ParsedOption.List(["--image"], "COMPONENT=IMAGE",
        "The image of the agent or the relay, such as relay=example/relay:1.", ParsePair);

    private readonly Option<string?> _pullSecret = Text(["--pull-secret"], "NAME",
        "The image pull Secret, which must exist in both namespaces.");

    private readonly Option<string[]> _nodeSelector = ParsedOption.List(["--node-selector"], "LABEL=VALUE",
        "Only use nodes with this label.", ParsePair);

    private readonly Option<Toleration[]> _tolerations = ParsedOption.List(["--tolerations"], "KEY[=VALUE][:EFFECT]",
        "The taints that relay and agents tolerate. (default all for agents, none for the relay)", Toleration.Parse);

    private readonly Option<string?> _persist = Text(["--persist"], "SIZE",
        "The size of a volume for the relay, such as 1Gi. (default no volume)");

    private readonly Option<string?> _persistClass = Text(["--persist-class"], "NAME",
        "The StorageClass of the volume. (default the cluster's default class)");

    private readonly Option<bool> _legacyCapabilities = new("--legacy-capabilities")
    {
        Description = "Give agents SYS_ADMIN and SYS_RESOURCE, for container runtimes without BPF and PERFMON, and kernels before 5.11.",
    };

    private readonly Option<string[]> _set = new("--set")
    {
        HelpName = "KEY=VALUE",
        Description = "Set a value, such as agent.logLevel=debug. May be repeated.",
        AllowMultipleArgumentsPerToken = false,
        DefaultValueFactory = _ => [],
    };

    private readonly Option<string[]> _files = new("--values")
    {
        HelpName = "FILE",
        Description = "Set the values in this YAML or JSON file. May be repeated.",
        AllowMultipleArgumentsPerToken = false,
        DefaultValueFactory = _ => [],
    };

    public void AddTo(Command command)
    {
        Option[] all =
        [
            _namespace, _registry, _images, _pullSecret, _nodeSelector, _tolerations, _persist, _persistClass, _legacyCapabilities,
            _set, _files,
        ];
        foreach (Option option in all)
            command.Add(option);
    }

    /// <summary>The error is a complete message.</summary>
    public Parsed<InstallValues> Read(ParseResult parse)
    {
        var values = new InstallValues();
        foreach (string file in parse.GetValue(_files) ?? [])
        {
            Parsed<InstallValues> next = ValuesFile.Read(values, file);
            if (next.Error is { } error)
                return Parsed<InstallValues>.Invalid(UsageError.InvalidValue(file, "--values", error));
            values = next.Value;
        }

        foreach ((string option, string text, string key, string value) in GivenKeys(parse))
        {
            Parsed<InstallValues> next = ValueKeys.Set(values, key, value);
            if (next.Error is { } error)
                return Parsed<InstallValues>.Invalid(UsageError.InvalidValue(text, option, error));
            values = next.Value;
        }

        if (parse.GetValue(_tolerations) is { Length: > 0 } tolerations)
            values = values with { Tolerations = [.. tolerations] };
        if (parse.GetValue(_legacyCapabilities))
            values = values with { LegacyCapabilities = true };
        return values.PersistClass is not null && values.Persist is null
            ? Parsed<InstallValues>.Invalid("--persist-class requires --persist SIZE")
            : values;
    }

    private IEnumerable<(string Option, string Text, string Key, string Value)> GivenKeys(ParseResult parse)
    {
        foreach (string text in parse.GetValue(_set) ?? [])
        {
            string[] pair = text.Split('=', 2);
            yield return ("--set", text, pair[0], pair.Length > 1 ? pair[1] : "");
        }

        (Option<string?> Option, string Key)[] single =
        [
            (_namespace, "namespace"),
            (_registry, "registry"),
            (_pullSecret, "pullSecret"),
            (_persist, "persist.size"),
            (_persistClass, "persist.class"),
        ];
        foreach ((Option<string?> option, string key) in single)
        {
            if (parse.GetValue(option) is { } text)
                yield return (option.Name, text, key, text);
        }

        (Option<string[]> Option, string Prefix)[] pairs = [(_images, "image."), (_nodeSelector, "nodeSelector.")];
        foreach ((Option<string[]> option, string prefix) in pairs)
        {
            foreach (string text in parse.GetValue(option) ?? [])
            {
                string[] pair = text.Split('=', 2);
                yield return (option.Name, text, prefix + pair[0], pair[1]);
            }
        }
    }

    private static Option<string?> Text(string[] names, string valueName, string description) =>
        new(names[0], names[1..]) { HelpName = valueName, Description = description };

    private static Parsed<string> ParsePair(string text) =>
        text.IndexOf('=') > 0 ? text : Parsed<string>.Invalid("use NAME=VALUE");
}
