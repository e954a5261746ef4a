using System.Diagnostics;

namespace Depmap.Kernel.Tests;

/// <summary>All kernels that are tried, each booted once, at the same time: an emulated one keeps hardly more than one CPU busy.</summary>
public sealed class Guests : IAsyncLifetime
{
    private readonly string _files = Path.Combine(Path.GetTempPath(), $"depmap-guest-{Guid.NewGuid():N}");
    private readonly Dictionary<string, Guest> _guests = [];

    /// <summary>KERNELS, or those of <c>make test-kernels</c>.</summary>
    public static string[] Kernels => Setting("KERNELS", "6.1 6.12").Split(' ', StringSplitOptions.RemoveEmptyEntries);

    public static string Architecture => Setting("ARCH", "amd64");

    internal Guest this[string kernel] => _guests[kernel];

    public async Task InitializeAsync()
    {
        using Process prepare = Repository.Start($"test/kernels/prepare {_files} {string.Join(' ', Kernels)}", ("ARCH", Architecture));
        await prepare.WaitForExitAsync();
        if (prepare.ExitCode != 0)
            throw new InvalidOperationException($"These tests run the programs in other kernels. What is missing stands above; the programs come by `make guest ARCH={Architecture}`.");
        foreach ((string kernel, Guest guest) in Kernels.Zip(await Task.WhenAll(Kernels.Select(kernel => Guest.RunAsync(kernel, Architecture, _files)))))
            _guests.Add(kernel, guest);
    }

    public Task DisposeAsync()
    {
        Directory.Delete(_files, recursive: true);
        return Task.CompletedTask;
    }

    private static string Setting(string name, string otherwise) =>
        Environment.GetEnvironmentVariable(name) is { Length: > 0 } given ? given : otherwise;
}
