namespace Depmap.Agent.Links;

/// <summary>The programs attached to one interface.</summary>
internal abstract class InterfaceAttachment
{
    /// <summary>Only what the pod sends is observed.</summary>
    public virtual bool OneDirection => false;

    /// <summary>Another program's filter sees packets first, and ours could not be moved before it.</summary>
    public virtual bool Preceded => false;

    /// <summary>Queries the kernel whether the programs are still attached: the index may belong to another interface now.</summary>
    public abstract bool IsAttached();

    /// <summary>Another program added, removed or changed the qdisc: the next <see cref="Check"/> does not treat it as ours.</summary>
    public virtual void QdiscChanged()
    {
    }

    /// <summary>Restores what other programs removed, and moves a program before filters that came first.</summary>
    /// <exception cref="NetlinkException">The kernel refused to list the filters.</exception>
    public virtual Restoration Check(out AttachFailure failure)
    {
        failure = default;
        return Restoration.None;
    }

    /// <summary>Detaches the programs.</summary>
    /// <exception cref="NetlinkException">The kernel refused.</exception>
    public abstract void Detach();

    /// <summary>Releases the resources of an interface that no longer exists; its index may be reused.</summary>
    public abstract void Forget();
}
