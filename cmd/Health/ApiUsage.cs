namespace Depmap.Plugin.Health;

/// <summary>The relay's requests to the Kubernetes API since it started.</summary>
/// <param name="Bytes">Received in response bodies.</param>
internal sealed record ApiUsage(ulong Lists, ulong Watches, ulong Bytes);
