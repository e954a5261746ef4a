using Depmap.V1;

namespace Depmap.Agent.Connections;

/// <summary>The codes of ICMP destination unreachable messages (RFC 792, RFC 1812 5.2.7.1, RFC 4443 3.1).</summary>
internal static class IcmpUnreachable
{
    public static (DropReason Reason, string Detail) Meaning(int code, bool isIPv6) => (isIPv6, code) switch
    {
        (false, 0) or (true, 0) => (DropReason.Unreachable, "NET_UNREACHABLE"),
        (false, 1) or (true, 3) => (DropReason.Unreachable, "HOST_UNREACHABLE"),
        (false, 2) => (DropReason.Unreachable, "PROTOCOL_UNREACHABLE"),
        (false, 3) or (true, 4) => (DropReason.Unreachable, "PORT_UNREACHABLE"),
        // Administratively prohibited: somebody's policy, wherever it is enforced.
        (false, 9 or 10 or 13) or (true, 1 or 5) => (DropReason.Policy, "ADMIN_PROHIBITED"),
        _ => (DropReason.Unreachable, $"ICMP_CODE_{code}"),
    };
}
