namespace Depmap.Plugin.Shell;

/// <summary>Lets a command finish what must not be left half-done, although it was asked to stop.</summary>
internal sealed class Farewell
{
    private readonly TaskCompletionSource said = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile bool isHeld;

    /// <summary>From now on the end of the process waits for <see cref="Release"/>.</summary>
    public void Hold() => isHeld = true;

    public void Release() => said.TrySetResult();

    /// <summary>Done at once where nothing is held.</summary>
    public Task WaitAsync() => isHeld ? said.Task : Task.CompletedTask;
}
