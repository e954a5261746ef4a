namespace Depmap.Kernel.Tests;

/// <summary>Boots each kernel once, all at the same time, as an emulated one uses a single CPU.</summary>
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
                $"These tests cannot prepare other kernels. Try: make guest ARCH={Architecture}\n{prepare.Error}");
        }

        Guest[] guests = await Task.WhenAll(Kernels.Select(kernel => Guest.RunAsync(kernel, Architecture, _files)));
        foreach ((string kernel, Guest guest) in Kernels.Zip(guests))
            _guests.Add(kernel, guest);
    }

    public Task DisposeAsync()
    {
        Directory.Delete(_files, recursive: true);
        return Task.CompletedTask;
    }

    private static string Variable(string name, string defaultValue) =>
        Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : defaultValue;
}
