using System.Collections.Immutable;
using System.CommandLine;
using Depmap.Plugin.Install;

namespace Depmap.Plugin.Commands;

/// <summary>The options that say what an installation is to be: <c>--values</c>, over it <c>--set</c>, over both the rest.</summary>
internal sealed class InstallOptions
{
    private readonly Option<string?> _space = Text(["--namespace", "-n"], "NAME",
        "The relay's namespace; the agents' is NAME-agents. (default depmap)");

    private readonly Option<string?> _registry = Text(["--registry"], "PREFIX", "Where the images are: PREFIX/depmap-agent and PREFIX/depmap-relay.");

    private readonly Option<string[]> _images = TypedOption.Many(["--image"], "PART=IMAGE",
        "Another image for agent or relay, such as relay=example/relay:1.", ReadPair);

    private readonly Option<string?> _pullSecret = Text(["--pull-secret"], "NAME", "The Secret, in both namespaces, to pull images with.");

    private readonly Option<string[]> _nodeSelector = TypedOption.Many(["--node-selector"], "LABEL=VALUE",
        "Only nodes with this label.", ReadPair);

    private readonly Option<Toleration[]> _tolerations = TypedOption.Many(["--tolerations"], "KEY[=VALUE][:EFFECT]",
        "Also nodes with this taint, and agents on no other tainted ones. (default all for agents, none for the relay)", Toleration.Read);

    private readonly Option<string?> _persist = Text(["--persist"], "SIZE", "Give the relay a volume of this size, such as 1Gi.");

    private readonly Option<string?> _persistClass = Text(["--persist-class"], "NAME", "The volume's StorageClass.");

    private readonly Option<bool> _legacy = new("--legacy-capabilities")
    {
        Description = "Give agents SYS_ADMIN and SYS_RESOURCE, where the runtime knows no BPF and PERFMON, or the kernel is older than 5.11.",
    };

    private readonly Option<string[]> _set = new("--set")
    {
        HelpName = "KEY=VALUE",
        Description = "Set one value, such as agent.logLevel=debug.",
        AllowMultipleArgumentsPerToken = false,
        DefaultValueFactory = _ => [],
    };

    private readonly Option<string[]> _files = new("--values")
    {
        HelpName = "FILE",
        Description = "Set the values in this file, YAML or JSON.",
        AllowMultipleArgumentsPerToken = false,
        DefaultValueFactory = _ => [],
    };

    public void AddTo(Command command)
    {
        foreach (Option option in (Option[])[_space, _registry, _images, _pullSecret, _nodeSelector, _tolerations, _persist, _persistClass, _legacy, _set, _files])
            command.Add(option);
    }

    /// <summary>The problem is a whole sentence.</summary>
    public Reading<InstallValues> Read(ParseResult parse)
    {
        var values = new InstallValues();
        foreach (string file in parse.GetValue(_files) ?? [])
        {
            Reading<InstallValues> reading = ValuesFile.Read(values, file);
            if (reading.Problem is { } problem)
                return Reading<InstallValues>.Wrong(TypedOption.Invalid(file, "--values", problem));
            values = reading.Value;
        }

        foreach ((string option, string text, string key, string value) in Said(parse))
        {
            Reading<InstallValues> reading = ValueKeys.Set(values, key, value);
            if (reading.Problem is { } problem)
                return Reading<InstallValues>.Wrong(TypedOption.Invalid(text, option, problem));
            values = reading.Value;
        }

        if (parse.GetValue(_tolerations) is { Length: > 0 } tolerated)
            values = values with { Tolerations = [.. tolerated] };
        if (parse.GetValue(_legacy))
            values = values with { LegacyCapabilities = true };
        return values.PersistClass is not null && values.Persist is null
            ? Reading<InstallValues>.Wrong("--persist-class needs a size: --persist SIZE")
            : values;
    }

    private IEnumerable<(string Option, string Text, string Key, string Value)> Said(ParseResult parse)
    {
        foreach (string text in parse.GetValue(_set) ?? [])
        {
            string[] pair = text.Split('=', 2);
            yield return ("--set", text, pair[0], pair.Length > 1 ? pair[1] : "");
        }

        foreach ((Option<string?> option, string key) in
            ((Option<string?>, string)[])[(_space, "namespace"), (_registry, "registry"), (_pullSecret, "pullSecret"), (_persist, "persist.size"), (_persistClass, "persist.class")])
        {
            if (parse.GetValue(option) is { } text)
                yield return (option.Name, text, key, text);
        }

        foreach ((Option<string[]> option, string prefix) in ((Option<string[]>, string)[])[(_images, "image."), (_nodeSelector, "nodeSelector.")])
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

    private static Reading<string> ReadPair(string text) =>
        text.IndexOf('=') > 0 ? text : Reading<string>.Wrong("use NAME=VALUE");
}
