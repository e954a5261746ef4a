namespace Depmap.Plugin.Shell;

/// <summary>Lets a command finish its cleanup after the user has stopped the program.</summary>
internal sealed class ShutdownHold
{
    private readonly TaskCompletionSource _released = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile bool _isHeld;

    /// <summary>From now on the process does not exit before <see cref="Release"/>.</summary>
    public void Hold() => _isHeld = true;

    public void Release() => _released.TrySetResult();

    /// <summary>Waits for <see cref="Release"/>; completes immediately if nothing is held.</summary>
    public Task WaitAsync() => _isHeld ? _released.Task : Task.CompletedTask;
}
