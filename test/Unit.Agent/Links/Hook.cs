namespace Depmap.Agent.Tests.Links;

/// <summary>Where a program is attached. Like AttachMode, but public, because parameters of theories must be.</summary>
public enum Hook
{
    Tcx,
    Clsact,
}
