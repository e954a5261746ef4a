using Microsoft.Extensions.Logging;

namespace Depmap.Agent.Links;

/// <summary>Logs what happens to attachments; what may happen again and again, once per interface and cause.</summary>
internal sealed class AttachmentLog(ILogger logger)
{
    private readonly HashSet<(int Index, string Cause)> logged = [];

    public void Attached(int index, string name) => logger.Attached(name, index);

    public void Detached(int index, string name)
    {
        logger.Detached(name, index);
        Forget(index);
    }

    public void Gone(int index, string name) => logger.Gone(name, index);

    public void CannotAttach(int index, string name, string reason)
    {
        if (IsFirst(index, reason))
            logger.CannotAttach(name, index, reason);
    }

    public void CannotDetach(int index, string name, string reason) => logger.CannotDetach(name, index, reason);

    /// <summary>What is not observed at the interface, if anything.</summary>
    public void Limits(int index, string name, InterfaceAttachment attachment)
    {
        if (attachment.OneDirection && IsFirst(index, nameof(attachment.OneDirection)))
            logger.OneDirection(name, index);
        if (attachment.Preceded && IsFirst(index, nameof(attachment.Preceded)))
            logger.Preceded(name, index);
    }

    /// <summary>Two programs that each want to be first may go on like this once a second: only the first line is for all.</summary>
    public void AttachedAgain(int index, string name, Restoration restoration)
    {
        string cause = restoration switch
        {
            Restoration.QdiscRemoved => "its qdisc was removed",
            Restoration.FilterRemoved => "a filter of ours was removed",
            _ => "another filter came first",
        };
        logger.AttachedAgain(IsFirst(index, cause) ? LogLevel.Information : LogLevel.Debug, name, index, cause);
    }

    /// <summary>The index may be another interface's from now on.</summary>
    public void Forget(int index)
    {
        if (logged.Count > 0)
            logged.RemoveWhere(line => line.Index == index);
    }

    private bool IsFirst(int index, string cause) => logged.Add((index, cause));
}
