using Depmap.Agent.Links;

namespace Depmap.Agent.Tests.Links;

/// <summary>Traffic control of a test's namespace.</summary>
internal static class ClsactExtensions
{
    /// <summary>Changes traffic control in the namespace, as a program with a socket of its own.</summary>
    public static T InClsact<T>(this NetworkNamespace ns, Func<Clsact, T> action) => ns.Run(() =>
    {
        using var requests = NetlinkSocket.Open();
        return action(new Clsact(requests));
    });
}
