using Microsoft.Win32.SafeHandles;

namespace Depmap.Plugin.Shell;

/// <summary>
/// Keeps the descriptors 0 to 2 from being given to files and connections if the program was started without them (<c>2>&amp;-</c>):
/// an error message would be written into one of those.
/// </summary>
internal static class StandardDescriptors
{
    private const int Last = 2;

    // Never closed.
    private static readonly List<SafeFileHandle> Held = [];

    /// <summary>Opens those that are closed, for reading only, so that writing to them still fails.</summary>
    public static void Reserve()
    {
        if (OperatingSystem.IsWindows() || !File.Exists("/dev/null"))
            return;
        while (true)
        {
            SafeFileHandle handle = File.OpenHandle("/dev/null", FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            if (handle.DangerousGetHandle() > Last)
            {
                handle.Dispose();
                return;
            }

            Held.Add(handle);
        }
    }
}
