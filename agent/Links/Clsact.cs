namespace Depmap.Agent.Links;

/// <summary>Requests to the kernel's traffic control for clsact. Each returns 0 or an errno.</summary>
internal sealed class Clsact(NetlinkSocket requests)
{
    public const string ProgramKind = "bpf";

    /// <summary>The highest priority number that <see cref="AddFilter(int, ClsactDirection, int, string, uint)"/> tries.</summary>
    public const uint LastPriority = 16;

    private const uint QdiscHandle = 0xFFFF0000;

    public int AddQdisc(int index) =>
        ChangeQdisc(index, Rtnetlink.NewQdisc, Rtnetlink.Acknowledge | Rtnetlink.Create | Rtnetlink.Exclusive);

    public int RemoveQdisc(int index) => ChangeQdisc(index, Rtnetlink.DeleteQdisc, Rtnetlink.Acknowledge);

    /// <summary>The interfaces of the network namespace that have a clsact or <c>ingress</c> qdisc.</summary>
    public Dictionary<int, IngressQdisc> ListIngressQdiscs()
    {
        var request = new NetlinkRequest(stackalloc byte[64], Rtnetlink.GetQdisc, Rtnetlink.Dump);
        request.AddHeader(new TrafficHeader());
        Dictionary<int, IngressQdisc> qdiscs = [];
        requests.Dump(request, qdiscs.Clear, message =>
        {
            if (IngressQdiscs.TryRead(message, out int index, out IngressQdisc qdisc))
                qdiscs[index] = qdisc;
        });
        return qdiscs;
    }

    /// <summary>Lists filters in the order in which they run, including the headings of the priorities.</summary>
    /// <param name="index">The interface; the list is empty if it has no such qdisc.</param>
    /// <param name="direction">A direction of its qdisc, see <see cref="IngressQdiscs.Directions"/>.</param>
    public List<ClsactFilter> ListFilters(int index, ClsactDirection direction)
    {
        var request = new NetlinkRequest(stackalloc byte[64], Rtnetlink.GetFilter, Rtnetlink.Dump);
        request.AddHeader(new TrafficHeader(0, index, 0, (uint)direction, 0));
        List<ClsactFilter> filters = [];
        requests.Dump(request, filters.Clear, message =>
        {
            if (ClsactFilter.TryRead(message, out ClsactFilter filter))
                filters.Add(filter);
        });
        return filters;
    }

    /// <summary>
    /// Adds a program as the first to see a packet: at priority 1, where the newest filter runs first (cls_bpf), or at the next
    /// priority without another kind of filter (EINVAL) or another program's filter with our handle (EEXIST).
    /// </summary>
    public int AddFilter(
        int index, ClsactDirection direction, int program, string name, uint handle = ClsactFilter.OurHandle)
    {
        int error = 0;
        for (uint priority = 1; priority <= LastPriority; priority++)
        {
            error = AddFilter(index, direction, priority, program, name, handle);
            if (error is not (LibC.Exists or LibC.Invalid))
                break;
        }

        return error;
    }

    public int RemoveFilter(int index, ClsactDirection direction, ClsactFilter filter)
    {
        var request = new NetlinkRequest(stackalloc byte[64], Rtnetlink.DeleteFilter, Rtnetlink.Acknowledge);
        request.AddHeader(new TrafficHeader(0, index, filter.Handle, (uint)direction, filter.Info));
        request.Add(Rtnetlink.TrafficKind, ProgramKind);
        return requests.Execute(request);
    }

    private int AddFilter(
        int index, ClsactDirection direction, uint priority, int program, string name, uint handle)
    {
        var request = new NetlinkRequest(
            stackalloc byte[256], Rtnetlink.NewFilter, Rtnetlink.Acknowledge | Rtnetlink.Create | Rtnetlink.Exclusive);
        request.AddHeader(new TrafficHeader(
            0, index, handle, (uint)direction, ClsactFilter.InfoOf(priority)));
        request.Add(Rtnetlink.TrafficKind, ProgramKind);
        int options = request.BeginNested(Rtnetlink.TrafficOptions);
        request.Add(Rtnetlink.FilterProgram, (uint)program);
        request.Add(Rtnetlink.FilterName, name);
        request.Add(Rtnetlink.FilterFlags, Rtnetlink.DirectAction);
        request.EndNested(options);
        return requests.Execute(request);
    }

    private int ChangeQdisc(int index, ushort type, ushort flags)
    {
        var request = new NetlinkRequest(stackalloc byte[64], type, flags);
        request.AddHeader(new TrafficHeader(0, index, QdiscHandle, IngressQdiscs.Parent, 0));
        request.Add(Rtnetlink.TrafficKind, IngressQdiscs.ClsactKind);
        return requests.Execute(request);
    }
}
