using System.Diagnostics;
using Xunit.Sdk;

namespace Depmap.Support;

/// <summary>Waits for a condition that something else brings about: checks it again and again until it holds.</summary>
public static class Wait
{
    // Long enough for a busy machine: a test that passes does not wait for it.
    private static readonly TimeSpan DefaultTimeout = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan IntervalOfCalls = TimeSpan.FromMilliseconds(100);

    /// <summary>Waits until the condition holds, which may be costly to check.</summary>
    /// <param name="state">Describes the current state, for the message of a failure.</param>
    /// <param name="timeout">30 seconds by default.</param>
    /// <exception cref="XunitException">The condition did not hold before the timeout.</exception>
    public static async Task UntilAsync(Func<Task<bool>> condition, Func<string>? state = null, TimeSpan? timeout = null)
    {
        if (!await TryUntilAsync(condition, timeout))
            Fail(state, timeout);
    }

    /// <inheritdoc cref="UntilAsync(Func{Task{bool}}, Func{string}?, TimeSpan?)"/>
    public static async Task UntilAsync(Func<bool> condition, Func<string>? state = null, TimeSpan? timeout = null)
    {
        if (!await PollAsync(() => Task.FromResult(condition()), Interval, timeout))
            Fail(state, timeout);
    }

    /// <summary>Waits until the condition holds, for a test that compares the result itself.</summary>
    /// <returns>False when the condition did not hold before the timeout.</returns>
    public static Task<bool> TryUntilAsync(Func<Task<bool>> condition, TimeSpan? timeout = null) =>
        PollAsync(condition, IntervalOfCalls, timeout);

    private static async Task<bool> PollAsync(Func<Task<bool>> condition, TimeSpan interval, TimeSpan? timeout)
    {
        var elapsed = Stopwatch.StartNew();
        while (!await condition())
        {
            if (elapsed.Elapsed > (timeout ?? DefaultTimeout))
                return false;
            await Task.Delay(interval);
        }

        return true;
    }

    private static void Fail(Func<string>? state, TimeSpan? timeout) => throw new XunitException(
        $"The condition did not hold within {(timeout ?? DefaultTimeout).TotalSeconds} s{(state is null ? "" : $": {state()}")}");
}
