using System.CommandLine;
using System.Globalization;
using Depmap.V1;

namespace Depmap.Plugin.Commands;

/// <summary>The options that choose flows: one set for all commands, evaluated by the relay.</summary>
internal sealed class FilterOptions
{
    private static readonly Choice<Verdict> VerdictWords = new(("FORWARDED", Verdict.Forwarded), ("DROPPED", Verdict.Dropped));
    private static readonly Choice<Protocol> ProtocolWords = new(("tcp", Protocol.Tcp), ("udp", Protocol.Udp));

    private readonly Option<string[]> _namespaces = TypedOption.Many(
        ["--namespace", "-n"], "NAME", "Only flows with an end in this namespace.", ReadName);

    private readonly Option<string[]> _pods = TypedOption.Many(
        ["--pod"], "[NAMESPACE/]PREFIX", "Only flows with an end in a pod whose name starts so.", ReadQualifiedName);

    private readonly Option<string[]> _services = TypedOption.Many(
        ["--service"], "[NAMESPACE/]NAME", "Only flows to this service.", ReadQualifiedName);

    private readonly Option<Verdict[]> _verdicts = TypedOption.Many(
        ["--verdict"], VerdictWords.Names, "Only flows with this verdict.", VerdictWords.Read);

    private readonly Option<Protocol[]> _protocols = TypedOption.Many(
        ["--protocol"], ProtocolWords.Names, "Only flows of this protocol.", ProtocolWords.Read);

    private readonly Option<uint[]> _ports = TypedOption.Many(
        ["--port"], "N", "Only flows to this port of a server.", ReadPort);

    /// <param name="withPods">False where the ends are workloads.</param>
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

    private static Reading<string> ReadName(string text) =>
        text.Length > 0 && !text.Contains('/') ? text : Reading<string>.Wrong("use a name");

    private static Reading<string> ReadQualifiedName(string text) =>
        text.Split('/') is [not ""] or [not "", not ""] ? text : Reading<string>.Wrong("use NAME or NAMESPACE/NAME");

    private static Reading<uint> ReadPort(string text) =>
        ushort.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out ushort port) && port > 0
            ? port
            : Reading<uint>.Wrong("use a number from 1 to 65535");
}
