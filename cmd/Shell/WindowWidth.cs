namespace Depmap.Plugin.Shell;

/// <summary>Finds the number of columns and rows of a terminal.</summary>
/// <remarks>Console.WindowWidth would switch the terminal's keypad to application mode, as in <see cref="OutputStream"/>.</remarks>
internal static class WindowWidth
{
    /// <returns>Null if neither stdout nor stderr is a terminal, or its width is not known.</returns>
    public static int? Find()
    {
        if (OperatingSystem.IsWindows())
            return Console.IsOutputRedirected ? null : Console.WindowWidth;
        return Of(Libc.StandardOutput, shift: 16) ?? Of(Libc.StandardError, shift: 16);
    }

    /// <returns>Null if stdout is no terminal, or its height is not known.</returns>
    public static int? FindRows()
    {
        if (OperatingSystem.IsWindows())
            return Console.IsOutputRedirected ? null : Console.WindowHeight;
        return Of(Libc.StandardOutput, shift: 0);
    }

    private static int? Of(int descriptor, int shift)
    {
        // Set by the kernel to its four fields of 16 bits: rows, columns, and the size in pixels.
        ulong size = 0;
        return Libc.GetWindowSize(descriptor, ref size) == 0 && (ushort)(size >> shift) is > 0 and var cells ? cells : null;
    }
}
