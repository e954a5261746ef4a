using Depmap.Agent.Kernel;

namespace Depmap.Bpf.Bench;

/// <summary>Empties the ring on a thread of its own while the programs run.</summary>
internal sealed class RingDrain : IDisposable
{
    private readonly Thread thread;
    private volatile bool ended;

    /// <param name="pause">Between two drains; the agent's is 20 ms.</param>
    public RingDrain(RecordRing records, TimeSpan pause)
    {
        thread = new Thread(() =>
        {
            while (!ended)
            {
                records.Drain(_ => { });
                Thread.Sleep(pause);
            }
        });
        thread.Start();
    }

    public void Dispose()
    {
        ended = true;
        thread.Join();
    }
}
