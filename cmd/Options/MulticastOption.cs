using System.CommandLine;

namespace Depmap.Plugin.Options;

/// <summary>The option <c>--include-multicast</c>.</summary>
internal static class MulticastOption
{
    public static Option<bool> Create() => new("--include-multicast")
    {
        Description = "Also edges to multicast and broadcast addresses.",
    };
}
