using Microsoft.Extensions.Logging;

namespace Depmap.Agent.Links;

/// <summary>Logs changes of attachments; messages that may repeat are logged once per interface and cause.</summary>
internal sealed class AttachmentLog(ILogger logger)
{
    private readonly HashSet<(int Index, string Cause)> _logged = [];

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

    /// <summary>Logs what is not observed at the interface, if anything.</summary>
    public void Limits(int index, string name, InterfaceAttachment attachment)
    {
        switch (attachment)
        {
            // For example the redirect of CNI's bandwidth plugin.
            case { OneDirection: true, Preceded: true } when IsFirst(index, nameof(LinksLog.OneDirectionPreceded)):
                logger.OneDirectionPreceded(name, index);
                break;
            case { OneDirection: true, Preceded: false } when IsFirst(index, nameof(LinksLog.OneDirection)):
                logger.OneDirection(name, index);
                break;
            case { OneDirection: false, Preceded: true } when IsFirst(index, nameof(LinksLog.Preceded)):
                logger.Preceded(name, index);
                break;
        }
    }

    /// <summary>Two programs that both want to be first may repeat this every second: only the first message is above debug.</summary>
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

    /// <summary>The index may be reused for another interface.</summary>
    public void Forget(int index)
    {
        if (_logged.Count > 0)
            _logged.RemoveWhere(line => line.Index == index);
    }

    private bool IsFirst(int index, string cause) => _logged.Add((index, cause));
}
