using System.CommandLine;
using Depmap.Common.Options;
using Depmap.V1;

namespace Depmap.Plugin.Options;

/// <summary>The options that filter flows, the same for all commands. The relay evaluates them.</summary>
internal sealed class FilterOptions
{
    private static readonly Choice<Verdict> VerdictWords = new(("FORWARDED", Verdict.Forwarded), ("DROPPED", Verdict.Dropped));
    private static readonly Choice<Protocol> ProtocolWords = new(("tcp", Protocol.Tcp), ("udp", Protocol.Udp));

    private readonly Option<string[]> _namespaces = ParsedOption.List(
        ["--namespace", "-n"], "NAME", "Only flows from or to this namespace.", ParseName);

    private readonly Option<string[]> _pods = ParsedOption.List(
        ["--pod"], "[NAMESPACE/]PREFIX", "Only flows from or to pods whose name starts with this prefix.", ParseQualifiedName);

    private readonly Option<string[]> _services = ParsedOption.List(
        ["--service"], "[NAMESPACE/]NAME", "Only flows to this service.", ParseQualifiedName);

    private readonly Option<Verdict[]> _verdicts = ParsedOption.List(
        ["--verdict"], VerdictWords.Names, "Only flows with this verdict.", VerdictWords.Parse);

    private readonly Option<Protocol[]> _protocols = ParsedOption.List(
        ["--protocol"], ProtocolWords.Names, "Only flows of this protocol.", ProtocolWords.Parse);

    private readonly Option<uint[]> _ports = ParsedOption.List(
        ["--port"], "N", "Only flows to this server port.", OptionParsers.Number<uint>(1, ushort.MaxValue));

    /// <param name="withPods">False if the endpoints are workloads.</param>
    public void AddTo(Command command, bool withPods)
    {
        command.Add(_namespaces);
        if (withPods)
            command.Add(_pods);
        foreach (Option option in (Option[])[_services, _verdicts, _protocols, _ports])
            command.Add(option);
    }

    public Filter Read(ParseResult parse) => new()
    {
        Namespaces = { parse.GetValue(_namespaces) ?? [] },
        Pods = { parse.GetValue(_pods) ?? [] },
        Services = { parse.GetValue(_services) ?? [] },
        Verdicts = { parse.GetValue(_verdicts) ?? [] },
        Protocols = { parse.GetValue(_protocols) ?? [] },
        Ports = { parse.GetValue(_ports) ?? [] },
    };

    private static Parsed<string> ParseName(string text) =>
        text.Length > 0 && !text.Contains('/') ? text : Parsed<string>.Invalid("use a name");

    private static Parsed<string> ParseQualifiedName(string text) =>
        text.Split('/') is [not ""] or [not "", not ""] ? text : Parsed<string>.Invalid("use NAME or NAMESPACE/NAME");
}
