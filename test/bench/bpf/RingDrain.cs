using Depmap.Agent.Kernel;

namespace Depmap.Bpf.Bench;

/// <summary>Empties the ring on a thread of its own, as the agent does, while the programs run.</summary>
internal sealed class RingDrain : IDisposable
{
    private readonly Thread thread;
    private volatile bool ended;

    public RingDrain(RecordRing records)
    {
        thread = new Thread(() =>
        {
            while (!ended)
                Drained += records.Drain(_ => { });
        });
        thread.Start();
    }

    /// <summary>To be read after the end.</summary>
    public long Drained { get; private set; }

    public void Dispose()
    {
        ended = true;
        thread.Join();
    }
}
