using Microsoft.Extensions.Logging;

namespace Depmap.Agent.Links;

/// <summary>Log messages about interfaces.</summary>
internal static partial class LinksLog
{
    [LoggerMessage(Level = LogLevel.Information, Message = "watching {Count} pod interfaces by {Mode}")]
    public static partial void Watching(this ILogger logger, int count, string mode);

    [LoggerMessage(Level = LogLevel.Debug, Message = "attached to {Name} ({Index})")]
    public static partial void Attached(this ILogger logger, string name, int index);

    [LoggerMessage(Level = LogLevel.Debug, Message = "detached from {Name} ({Index})")]
    public static partial void Detached(this ILogger logger, string name, int index);

    [LoggerMessage(Level = LogLevel.Debug, Message = "{Name} ({Index}) is gone")]
    public static partial void Gone(this ILogger logger, string name, int index);

    [LoggerMessage(Level = LogLevel.Warning, Message = "cannot attach to {Name} ({Index}): {Reason}")]
    public static partial void CannotAttach(this ILogger logger, string name, int index, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "cannot detach from {Name} ({Index}): {Reason}")]
    public static partial void CannotDetach(this ILogger logger, string name, int index, string reason);

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "cannot observe what {Name} ({Index}) receives: an ingress qdisc takes the place of clsact; what it sends is observed")]
    public static partial void OneDirection(this ILogger logger, string name, int index);

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "cannot observe what {Name} ({Index}) receives: an ingress qdisc takes the place of clsact; "
            + "of what it sends, packets that another filter accepts, drops or redirects are not observed")]
    public static partial void OneDirectionPreceded(this ILogger logger, string name, int index);

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "cannot be first at {Name} ({Index}): packets that another filter accepts, drops or redirects are not observed")]
    public static partial void Preceded(this ILogger logger, string name, int index);

    [LoggerMessage(Message = "attached to {Name} ({Index}) again: {Cause}")]
    public static partial void AttachedAgain(this ILogger logger, LogLevel level, string name, int index, string cause);

    [LoggerMessage(Level = LogLevel.Warning, Message = "cannot list interfaces, retrying in {Seconds} s: {Reason}")]
    public static partial void CannotRead(this ILogger logger, int seconds, string reason);

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "only {Maximum} of the node's addresses are reported, not the other {Omitted}: flows may show these without the node")]
    public static partial void AddressesOmitted(this ILogger logger, int maximum, int omitted);

    [LoggerMessage(Level = LogLevel.Debug, Message = "netlink lost messages: listing all interfaces again")]
    public static partial void EventsLost(this ILogger logger);
}
