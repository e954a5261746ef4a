namespace Depmap.Relay.Options;

/// <summary>The relay cannot run with these options; the message is printed after <c>error: </c>.</summary>
internal sealed class UserException(string message) : Exception(message);
