using Depmap.Relay.Objects;

namespace Depmap.Relay.Names;

/// <summary>When the interface of a pod with an address may have appeared, Unix nanoseconds.</summary>
internal readonly record struct InterfacePeriod(long From, long To)
{
    /// <summary>For pods without a known start.</summary>
    public static readonly InterfacePeriod Any = new(long.MinValue, long.MaxValue);

    // The API has whole seconds as well.
    private const long Tolerance = AddressTimeline.ClockDifference;

    /// <param name="from">The pod's start, or for a later address the earliest time of the change.</param>
    /// <param name="seen">When the API reported the address: later than the interface appeared.</param>
    public static InterfacePeriod Between(long from, long seen) => new(from - Tolerance, seen + Tolerance);

    public bool Includes(long time) => time >= From && time <= To;

    /// <summary>The kubelet may set up the pod's network again and get the same address.</summary>
    public InterfacePeriod Extend(PodObject pod) =>
        pod.NetworkReady is { } ready && this != Any ? this with { To = Math.Max(To, ready + Tolerance) } : this;
}
