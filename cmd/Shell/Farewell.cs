namespace Depmap.Plugin.Shell;

/// <summary>Lets a command finish what must not be left half-done, although it was asked to stop.</summary>
internal sealed class Farewell
{
    private readonly TaskCompletionSource _said = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile bool _isHeld;

    /// <summary>From now on the end of the process waits for <see cref="Release"/>.</summary>
    public void Hold() => _isHeld = true;

    public void Release() => _said.TrySetResult();

    /// <summary>Done at once where nothing is held.</summary>
    public Task WaitAsync() => _isHeld ? _said.Task : Task.CompletedTask;
}
