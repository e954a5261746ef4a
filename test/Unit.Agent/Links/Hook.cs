using Depmap.Agent.Links;

namespace Depmap.Agent.Tests.Links;

/// <summary>Where a program is attached. As <see cref="Links.AttachMode"/>, but public, as xunit wants what theories take.</summary>
public enum Hook
{
    Tcx,
    Clsact,
}
