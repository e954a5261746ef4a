namespace Depmap.Agent.Links;

/// <summary>Both programs at one interface by tcx links.</summary>
internal sealed class TcxAttachment : InterfaceAttachment
{
    private readonly TcxLink _fromPod;
    private readonly TcxLink _toPod;

    private TcxAttachment(TcxLink fromPod, TcxLink toPod) => (_fromPod, _toPod) = (fromPod, toPod);

    /// <summary>Null when the kernel refused either; then neither is attached.</summary>
    public static TcxAttachment? TryAttach(int index, int fromPodProgram, int toPodProgram, out AttachFailure failure)
    {
        // The host side's ingress is what the pod sends.
        TcxLink? fromPod = TcxLink.TryCreate(fromPodProgram, index, TcxLink.Ingress, out int error);
        TcxLink? toPod = fromPod is null ? null : TcxLink.TryCreate(toPodProgram, index, TcxLink.Egress, out error);
        failure = new AttachFailure(error);
        if (fromPod is not null && toPod is not null)
            return new TcxAttachment(fromPod, toPod);
        fromPod?.Dispose();
        return null;
    }

    public override bool IsAttached() => _fromPod.IsAttached && _toPod.IsAttached;

    public override void Detach()
    {
        _fromPod.Dispose();
        _toPod.Dispose();
    }

    // A link outlives the move of its interface into another network namespace, and must end here all the same.
    public override void Forget() => Detach();
}
