namespace Depmap.Agent.Kernel;

/// <summary>
/// The kernel lacks or denies something that the agent needs. The message is one line: what is missing, and what provides it.
/// </summary>
internal sealed class BpfException(string message) : Exception(message)
{
    /// <summary>The last lines of the verifier's log, if it rejected a program.</summary>
    public IReadOnlyList<string> Log { get; init; } = [];
}
