namespace Depmap.Agent.Kernel;

/// <summary>The kernel lacks or forbids what the agent needs. The message is one line: what is missing, and what would provide it.</summary>
internal sealed class BpfException(string message) : Exception(message);
