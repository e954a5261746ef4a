namespace Depmap.Relay.History;

/// <summary>A file that the relay cannot use as its history; the message says why.</summary>
internal sealed class UnusableFileException(string message) : Exception(message);
