namespace Depmap.Relay.Options;

/// <summary>The relay cannot run as told; the message is what the user reads after <c>error: </c>.</summary>
internal sealed class UserException(string message) : Exception(message);
