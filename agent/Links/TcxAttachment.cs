namespace Depmap.Agent.Links;

/// <summary>Attaches both programs to an interface with tcx links.</summary>
internal sealed class TcxAttachment : InterfaceAttachment
{
    private readonly TcxLink _fromPod;
    private readonly TcxLink _toPod;

    private TcxAttachment(TcxLink fromPod, TcxLink toPod) => (_fromPod, _toPod) = (fromPod, toPod);

    /// <summary>Null if the kernel refused either program; then neither is attached.</summary>
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

    // A link survives when its interface moves to another network namespace, but must end here.
    public override void Forget() => Detach();
}
