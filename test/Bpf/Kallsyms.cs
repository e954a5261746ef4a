using System.Globalization;

namespace Depmap.Bpf.Tests;

/// <summary>The kernel's own list of its functions, which root may read.</summary>
internal static class Kallsyms
{
    /// <summary>The function that an address lies in, or follows the last call of.</summary>
    public static string FunctionAt(ulong place, int _)
    {
        (ulong start, string name) = (0, "");
        foreach (string line in File.ReadLines("/proc/kallsyms"))
        {
            string[] words = line.Split(' ', '\t'); // ffffffff81f81c50 T nf_hook_slow
            ulong address = ulong.Parse(words[0], NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            if (address < place && address > start)
                (start, name) = (address, words[2]);
        }

        return name.Split('.')[0];
    }
}
