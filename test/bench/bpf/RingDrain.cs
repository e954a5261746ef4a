using Depmap.Agent.Kernel;

namespace Depmap.Bpf.Bench;

/// <summary>Drains the ring buffer on its own thread while the programs run.</summary>
internal sealed class RingDrain : IDisposable
{
    private readonly Thread _thread;
    private volatile bool _ended;

    /// <param name="pause">Time between drains; 20 ms in the agent.</param>
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
