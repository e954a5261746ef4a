using System.CommandLine;
using System.Globalization;
using Depmap.V1;

namespace Depmap.Plugin.Commands;

/// <summary>The options that choose flows: one set for all commands, evaluated by the relay.</summary>
internal sealed class FilterOptions
{
    private static readonly Choice<Verdict> verdictWords = new(("FORWARDED", Verdict.Forwarded), ("DROPPED", Verdict.Dropped));
    private static readonly Choice<Protocol> protocolWords = new(("tcp", Protocol.Tcp), ("udp", Protocol.Udp));

    private readonly Option<string[]> namespaces = TypedOption.Many(
        ["--namespace", "-n"], "NAME", "Only flows with an end in this namespace.", ReadName);

    private readonly Option<string[]> pods = TypedOption.Many(
        ["--pod"], "[NAMESPACE/]PREFIX", "Only flows with an end in a pod whose name starts so.", ReadQualifiedName);

    private readonly Option<string[]> services = TypedOption.Many(
        ["--service"], "[NAMESPACE/]NAME", "Only flows to this service.", ReadQualifiedName);

    private readonly Option<Verdict[]> verdicts = TypedOption.Many(
        ["--verdict"], verdictWords.Names, "Only flows with this verdict.", verdictWords.Read);

    private readonly Option<Protocol[]> protocols = TypedOption.Many(
        ["--protocol"], protocolWords.Names, "Only flows of this protocol.", protocolWords.Read);

    private readonly Option<uint[]> ports = TypedOption.Many(
        ["--port"], "N", "Only flows to this port of a server.", ReadPort);

    /// <param name="withPods">False where the ends are workloads.</param>
    public void AddTo(Command command, bool withPods)
    {
        command.Add(namespaces);
        if (withPods)
            command.Add(pods);
        foreach (Option option in (Option[])[services, verdicts, protocols, ports])
            command.Add(option);
    }

    public Filter Read(ParseResult parse) => new()
    {
        Namespaces = { parse.GetValue(namespaces) ?? [] },
        Pods = { parse.GetValue(pods) ?? [] },
        Services = { parse.GetValue(services) ?? [] },
        Verdicts = { parse.GetValue(verdicts) ?? [] },
        Protocols = { parse.GetValue(protocols) ?? [] },
        Ports = { parse.GetValue(ports) ?? [] },
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
