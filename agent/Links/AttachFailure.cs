namespace Depmap.Agent.Links;

/// <summary>Why programs could not be attached.</summary>
/// <param name="Error">The errno.</param>
/// <param name="Reason">In words, for a log line.</param>
internal readonly record struct AttachFailure(int Error, string Reason)
{
    public AttachFailure(int error)
        : this(error, LibC.Describe(error))
    {
    }

    /// <summary>The interface went away before we came: nobody's fault.</summary>
    public bool IsGone => Error == LibC.NoDevice;
}
