using System.Runtime.InteropServices;

namespace Depmap.Plugin.Shell;

/// <summary>Makes a Windows console print UTF-8 and act on escape codes, and restores it. Does nothing elsewhere.</summary>
internal sealed partial class WindowsConsole : IDisposable
{
    public const int Output = -11, Error = -12; // STD_OUTPUT_HANDLE, STD_ERROR_HANDLE

    private const uint Utf8 = 65001;
    private const uint EscapeCodes = 0x4; // ENABLE_VIRTUAL_TERMINAL_PROCESSING

    private readonly uint _codePage;
    private readonly List<(nint Handle, uint Mode)> _modes = [];

    public WindowsConsole()
    {
        if (!OperatingSystem.IsWindows())
            return;

        HasEscapeCodes = true;
        _codePage = GetConsoleOutputCP(); // 0 without a console
        if (_codePage is not (0 or Utf8))
            SetConsoleOutputCP(Utf8);
        foreach (int device in (int[])[Output, Error])
        {
            nint handle = GetStdHandle(device);
            // Fails for pipes and files.
            if (!GetConsoleMode(handle, out uint mode) || (mode & EscapeCodes) != 0)
                continue;
            if (SetConsoleMode(handle, mode | EscapeCodes))
                _modes.Add((handle, mode));
            else
                HasEscapeCodes = false; // before Windows 10
        }
    }

    public bool HasEscapeCodes { get; } = true;

    public void Dispose()
    {
        foreach ((nint handle, uint mode) in _modes)
            SetConsoleMode(handle, mode);
        if (_codePage is not (0 or Utf8))
            SetConsoleOutputCP(_codePage);
    }

    [LibraryImport("kernel32")]
    public static partial nint GetStdHandle(int device);

    [LibraryImport("kernel32")]
    private static partial uint GetConsoleOutputCP();

    [LibraryImport("kernel32")]
    [return: MarshalAs(UnmanagedType.Bool)]
    private static partial bool SetConsoleOutputCP(uint codePage);

    [LibraryImport("kernel32")]
    [return: MarshalAs(UnmanagedType.Bool)]
    private static partial bool GetConsoleMode(nint handle, out uint mode);

    [LibraryImport("kernel32")]
    [return: MarshalAs(UnmanagedType.Bool)]
    private static partial bool SetConsoleMode(nint handle, uint mode);
}
