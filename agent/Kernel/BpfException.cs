namespace Depmap.Agent.Kernel;

/// <summary>The kernel lacks or forbids what the agent needs. The message is one line: what is missing, and what would provide it.</summary>
internal sealed class BpfException(string message) : Exception(message)
{
    /// <summary>The verifier's last lines, where it refused a program.</summary>
    public IReadOnlyList<string> Log { get; init; } = [];
}
