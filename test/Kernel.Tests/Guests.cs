namespace Depmap.Kernel.Tests;

/// <summary>Boots each kernel once. One after the other: an emulated machine uses more than one CPU, and its tests need it in time.</summary>
public sealed class Guests : IAsyncLifetime
{
    private readonly string _files = Path.Combine(Path.GetTempPath(), $"depmap-guest-{Guid.NewGuid():N}");
    private readonly Dictionary<string, Guest> _guests = [];

    /// <summary>The variable KERNELS, by default that of the Makefile.</summary>
    public static string[] Kernels => Variable("KERNELS", "6.1 6.12").Split(' ', StringSplitOptions.RemoveEmptyEntries);

    public static string Architecture => Variable("ARCH", "amd64");

    internal Guest this[string kernel] => _guests[kernel];

    public async Task InitializeAsync()
    {
        Run prepare = await Run.ScriptAsync(
            $"{Installation.File("test/kernels/prepare")} {_files} {string.Join(' ', Kernels)}",
            new Dictionary<string, string> { ["ARCH"] = Architecture },
            TimeSpan.FromMinutes(10)); // it may have to download the kernels
        if (prepare.ExitCode != 0)
        {
            throw new InvalidOperationException(
                $"These tests run the programs in other kernels, and cannot prepare them. Try: make guest ARCH={Architecture}\n{prepare.Error}");
        }

        foreach (string kernel in Kernels)
            _guests.Add(kernel, await Guest.RunAsync(kernel, Architecture, _files));
    }

    public Task DisposeAsync()
    {
        Directory.Delete(_files, recursive: true);
        return Task.CompletedTask;
    }

    private static string Variable(string name, string defaultValue) =>
        Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : defaultValue;
}
