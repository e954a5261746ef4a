using System.CommandLine;

namespace Depmap.Plugin.Options;

/// <summary>Whether an installation succeeds although agents of ready nodes are not ready.</summary>
internal sealed class PartialOption : Option<bool>
{
    public PartialOption()
        : base("--partial") =>
        Description = "Succeed after --timeout if the relay and at least one agent are ready, and name the other nodes.";
}
