namespace Depmap.Common.Tls;

/// <summary>Thrown if certificates are unusable. The message names the file and the reason.</summary>
internal sealed class TlsException(string message, Exception? cause = null) : Exception(message, cause);
