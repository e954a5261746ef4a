namespace Depmap.Relay.Joining;

/// <summary>Flows in the order of their last change. A flow is in at most one queue and can be removed from any position.</summary>
internal sealed class FlowQueue
{
    public JoinedFlow? First { get; private set; }
    private JoinedFlow? _last;

    public void MoveToEnd(JoinedFlow flow)
    {
        flow.Queue?.Remove(flow);
        (flow.Queue, flow.PreviousInQueue, flow.NextInQueue) = (this, _last, null);
        if (_last is null)
            First = flow;
        else
            _last.NextInQueue = flow;
        _last = flow;
    }

    public void Remove(JoinedFlow flow)
    {
        if (flow.PreviousInQueue is { } previous)
            previous.NextInQueue = flow.NextInQueue;
        else
            First = flow.NextInQueue;
        if (flow.NextInQueue is { } next)
            next.PreviousInQueue = flow.PreviousInQueue;
        else
            _last = flow.PreviousInQueue;
        (flow.Queue, flow.PreviousInQueue, flow.NextInQueue) = (null, null, null);
    }
}
