using System.CommandLine;
using Depmap.Common.Options;
using Depmap.Plugin.Install;
using Depmap.Plugin.Objects;
using Depmap.Plugin.Values;

namespace Depmap.Plugin.Options;

/// <summary>
/// The options that configure an installation. <c>--set</c> overrides <c>--values</c>, and the other options override both.
/// </summary>
/// <param name="variable">Returns an environment variable's value; null if it is not set.</param>
internal sealed class InstallOptions(Func<string, string?> variable)
{
    private const string RegistryVariable = "DEPMAP_REGISTRY";

    private readonly Option<string?> _namespace = Text(["--namespace", "-n", DepmapNamespaceOption.Name], "NAME",
        "The relay's namespace. The agents' namespace is NAME-agents. (default depmap)");

    private readonly Option<string?> _registry = Text(["--registry"], "PREFIX",
        $"The registry of the images PREFIX/depmap-agent and PREFIX/depmap-relay. (default ${RegistryVariable} or that of this build)");

    private readonly Option<string[]> _images = ParsedOption.List(["--image"], "COMPONENT=IMAGE",
        "The image of the agent or the relay, such as relay=example/relay:1.", ParsePair);

    private readonly Option<string?> _pullSecret = Text(["--pull-secret"], "NAME",
        "The image pull Secret. It must exist in both namespaces, unless --pull-secret-from copies it.");

    private readonly Option<PullSecretSource?> _pullSecretFrom = ParsedOption.Reference(["--pull-secret-from"], "FILE|NAMESPACE/NAME",
        "Copy the credentials for the registry from Docker's config.json, or a Secret, into both namespaces.", PullSecretSource.Parse);

    private readonly Option<string?> _load = new("--load")
    {
        HelpName = "FOLDER",
        Description = "Load the images onto the nodes of kind, k3d, minikube or microk8s first, from the archives in FOLDER. "
            + $"(default {ImageArchives.DefaultFolder})",
        Arity = ArgumentArity.ZeroOrOne,
    };

    private readonly Option<string[]> _nodeSelector = ParsedOption.List(["--node-selector"], "LABEL=VALUE",
        "Only use nodes with this label.", ParsePair);

    private readonly Option<string[]> _tolerations = ParsedOption.List(["--tolerations"], "KEY[=VALUE][:EFFECT]",
        "The taints that relay and agents tolerate. (default all for agents, none for the relay)",
        text => Toleration.Parse(text).Error is { } error ? Parsed<string>.Invalid(error) : text);

    private readonly Option<string?> _persist = Text(["--persist"], "SIZE",
        "The size of a volume for the history of the map, such as 1Gi. (default in memory, for an hour)");

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

    /// <param name="hasShortValues">Whether <c>-f</c> is <c>--values</c>, as in Helm.</param>
    /// <param name="imagesOnly">Whether to add only the options that choose images.</param>
    public void AddTo(Command command, bool hasShortValues, bool imagesOnly = false)
    {
        Option[] all =
        [
            _namespace, _registry, _images, _pullSecret, _pullSecretFrom, _load, _nodeSelector, _tolerations, _persist, _persistClass,
            _legacyCapabilities, _set, _files,
        ];
        foreach (Option option in imagesOnly ? [_registry, _images, _set, _files] : all)
            command.Add(option);
        if (hasShortValues)
            _files.Aliases.Add("-f");
    }

    /// <summary>The error is a complete message.</summary>
    public Parsed<InstallRequest> Read(ParseResult parse)
    {
        var values = new ValueSet();
        foreach (string file in parse.GetValue(_files) ?? [])
        {
            if (ValuesFile.AddTo(values, file) is { } error)
                return Parsed<InstallRequest>.Invalid(UsageError.InvalidValue(file, "--values", error));
        }

        foreach ((string option, string text, string key, string value) in GivenKeys(parse, values))
        {
            if (values.Set(key, value) is { } error)
                return Parsed<InstallRequest>.Invalid(UsageError.InvalidValue(text, option, error));
        }

        InstallValues read = ValuesReader.Read(values.Root);
        if (read.Certificates.Error is { } unusable)
            return Parsed<InstallRequest>.Invalid(unusable);
        if (read.PersistClass is not null && read.Persist is null)
            return Parsed<InstallRequest>.Invalid("--persist-class requires --persist SIZE");
        bool loads = parse.GetResult(_load) is not null;
        if (loads && read.Registry is null)
            read = read with { Registry = ImageArchives.Registry };
        PullSecretSource? source = parse.GetValue(_pullSecretFrom);
        if (source is not null)
            read = read with { PullSecret = read.PullSecret ?? ProductNames.PullSecret };
        return new InstallRequest(read, source, loads ? parse.GetValue(_load) ?? ImageArchives.DefaultFolder : null);
    }

    private IEnumerable<(string Option, string Text, string Key, string Value)> GivenKeys(ParseResult parse, ValueSet values)
    {
        // Files and options override the variable.
        if (values.Root["registry"] is null && variable(RegistryVariable) is { Length: > 0 } registry)
            yield return (RegistryVariable, registry, "registry", registry);
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

        if (parse.GetValue(_tolerations) is { Length: > 0 } tolerations)
            yield return (_tolerations.Name, string.Join(',', tolerations), "tolerations", string.Join(',', tolerations));
        if (parse.GetValue(_legacyCapabilities))
            yield return (_legacyCapabilities.Name, "", "legacyCapabilities", "true");
    }

    private static Option<string?> Text(string[] names, string valueName, string description) =>
        new(names[0], names[1..]) { HelpName = valueName, Description = description };

    private static Parsed<string> ParsePair(string text) =>
        text.IndexOf('=') > 0 ? text : Parsed<string>.Invalid("use NAME=VALUE");
}
