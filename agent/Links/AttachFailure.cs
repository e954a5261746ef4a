namespace Depmap.Agent.Links;

/// <summary>Why programs could not be attached.</summary>
/// <param name="Error">The errno.</param>
/// <param name="Reason">Error text for the log.</param>
internal readonly record struct AttachFailure(int Error, string Reason)
{
    public AttachFailure(int error)
        : this(error, LibC.Describe(error))
    {
    }

    /// <summary>The interface was removed before it could be attached, which is not an error.</summary>
    public bool IsGone => Error == LibC.NoDevice;
}
