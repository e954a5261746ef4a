using Depmap.Agent.Kernel;

namespace Depmap.Bpf.Bench;

/// <summary>Empties the ring on a thread of its own while the programs run.</summary>
internal sealed class RingDrain : IDisposable
{
    private readonly Thread _thread;
    private volatile bool _ended;

    /// <param name="pause">Between two drains; the agent's is 20 ms.</param>
    public RingDrain(RecordRing records, TimeSpan pause)
    {
        _thread = new Thread(() =>
        {
            while (!_ended)
            {
                records.Drain(_ => { });
                Thread.Sleep(pause);
            }
        });
        _thread.Start();
    }

    public void Dispose()
    {
        _ended = true;
        _thread.Join();
    }
}
