namespace Depmap.Agent.Tests;

/// <summary>Where a program is attached. As <see cref="Links.AttachMode"/>, but public, as xunit wants what theories take.</summary>
public enum LinksHook
{
    Tcx,
    Clsact,
}
