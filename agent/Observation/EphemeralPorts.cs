using System.Globalization;

namespace Depmap.Agent.Observation;

/// <summary>The kernel's ephemeral ports (Documentation/networking/ip-sysctl.rst, ip_local_port_range).</summary>
internal static class EphemeralPorts
{
    /// <summary>The lowest one in this network namespace; pods usually have the same range.</summary>
    public static int Lowest()
    {
        string range = File.ReadAllText("/proc/sys/net/ipv4/ip_local_port_range");
        return int.Parse(range.AsSpan(0, range.IndexOf('\t')), NumberStyles.None, CultureInfo.InvariantCulture);
    }
}
