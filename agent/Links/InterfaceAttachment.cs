namespace Depmap.Agent.Links;

/// <summary>Both programs at one interface.</summary>
internal abstract class InterfaceAttachment
{
    /// <summary>Asks the kernel whether the programs are still there: an interface of the same index may be another one.</summary>
    public abstract bool IsAttached();

    /// <summary>Takes both programs away.</summary>
    /// <exception cref="NetlinkException">The kernel refused.</exception>
    public abstract void Detach();

    /// <summary>Releases what this process holds of an interface that is gone; its index may be another's by now.</summary>
    public abstract void Forget();
}

/// <summary>Why programs could not be attached.</summary>
/// <param name="Error">The errno.</param>
/// <param name="Reason">In words, for a log line.</param>
internal readonly record struct AttachFailure(int Error, string Reason)
{
    /// <summary>The interface went away before we came: nobody's fault.</summary>
    public bool IsGone => Error == LibC.NoDevice;
}
