namespace Depmap.Common.Tls;

/// <summary>Certificates that cannot be used. The message says which file, and what is wrong with it.</summary>
internal sealed class TlsException(string message, Exception? cause = null) : Exception(message, cause);
