namespace Depmap.Agent.Links;

/// <summary>The programs at one interface.</summary>
internal abstract class InterfaceAttachment
{
    /// <summary>Only what the pod sends is observed.</summary>
    public virtual bool OneDirection => false;

    /// <summary>A filter of others sees packets first, and ours could not be moved before it.</summary>
    public virtual bool Preceded => false;

    /// <summary>Asks the kernel whether the programs are still there: an interface of the same index may be another one.</summary>
    public abstract bool IsAttached();

    /// <summary>Somebody else added, removed or changed the qdisc: the next <see cref="Check"/> does not take it for ours.</summary>
    public virtual void QdiscChanged()
    {
    }

    /// <summary>Puts back what others removed, and moves a program before filters that came first.</summary>
    /// <exception cref="NetlinkException">The kernel refused to list what there is.</exception>
    public virtual Restoration Check(out AttachFailure failure)
    {
        failure = default;
        return Restoration.None;
    }

    /// <summary>Takes the programs away.</summary>
    /// <exception cref="NetlinkException">The kernel refused.</exception>
    public abstract void Detach();

    /// <summary>Releases what this process holds of an interface that is gone; its index may be another's by now.</summary>
    public abstract void Forget();
}
