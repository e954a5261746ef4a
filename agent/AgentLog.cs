using Depmap.Agent.Kernel;
using Depmap.Agent.Links;
using Microsoft.Extensions.Logging;

namespace Depmap.Agent;

/// <summary>Log messages about loading the programs.</summary>
internal static partial class AgentLog
{
    [LoggerMessage(LogLevel.Information, "kernel {Release}: attaching by {Mode}, drops explained {Drops}, socket cgroups {SocketCgroups}")]
    public static partial void Features(
        this ILogger<BpfPrograms> logger, string release, AttachMode mode, DropReasonSource drops, bool socketCgroups);

    [LoggerMessage(LogLevel.Debug, "verifier: {Line}")]
    public static partial void Verifier(this ILogger<BpfPrograms> logger, string line);
}
