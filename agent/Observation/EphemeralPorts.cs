using System.Globalization;

namespace Depmap.Agent.Observation;

/// <summary>The ports that the kernel gives to clients by itself (Documentation/networking/ip-sysctl.rst, ip_local_port_range).</summary>
internal static class EphemeralPorts
{
    /// <summary>The lowest of them in this network namespace; pods mostly have the same.</summary>
    public static int Lowest()
    {
        string range = File.ReadAllText("/proc/sys/net/ipv4/ip_local_port_range");
        return int.Parse(range.AsSpan(0, range.IndexOf('\t')), NumberStyles.None, CultureInfo.InvariantCulture);
    }
}
