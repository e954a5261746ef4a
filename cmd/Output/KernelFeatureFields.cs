using Depmap.V1;

namespace Depmap.Plugin.Output;

/// <summary>The JSON fields of a kernel's features.</summary>
internal sealed record KernelFeatureFields(string? Drops, bool SocketCgroups)
{
    public static KernelFeatureFields Of(KernelFeatures features) => new(Words.Of(features.Drops), features.SocketCgroups);
}
