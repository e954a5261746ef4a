using System.Net;
using Depmap.Agent.Records;
using Depmap.V1;

namespace Depmap.Agent.Links;

/// <summary>
/// The addresses of the node's interfaces, including the gateway addresses of CNI plugins. Written by one thread; any
/// thread may read.
/// </summary>
internal sealed class NodeAddresses
{
    /// <summary>Maximum number of addresses that are reported.</summary>
    public const int MaxReported = 256;

    private volatile HashSet<Address> _present = [];
    private volatile InterfaceAddresses? _report;

    public IReadOnlySet<Address> Current => _present;

    /// <summary>What the relay is to know: another object after each change; null before the first list.</summary>
    public InterfaceAddresses? Report => _report;

    public bool Contains(Address address) => _present.Contains(address);

    /// <param name="addresses">All addresses of the node.</param>
    /// <param name="serviceInterface">The index of the interface on which kube-proxy puts the addresses of services; 0 for none.</param>
    /// <returns>The number of addresses that are not reported because there are too many.</returns>
    public int Set(IReadOnlyCollection<InterfaceAddress> addresses, int serviceInterface = 0)
    {
        _present = [.. addresses.Select(address => Address.From(address.Address))];
        Address[] reported =
        [
            .. addresses.Where(address => address.Index != serviceInterface && IsReported(address.Address))
                .Select(address => Address.From(address.Address))
                .Distinct(),
        ];
        var report = new InterfaceAddresses { Addresses = { reported.Take(MaxReported).Select(address => address.ToByteString()) } };
        if (!report.Equals(_report))
            _report = report;
        return Math.Max(0, reported.Length - MaxReported);
    }

    // Every interface has a link-local IPv6 address, which CNI plugins make the same on all nodes.
    private static bool IsReported(IPAddress address) => !IPAddress.IsLoopback(address) && !address.IsIPv6LinkLocal;
}
