using System.Globalization;

namespace Depmap.Bpf.Tests;

/// <summary>The kernel's list of functions, which root may read.</summary>
internal static class Kallsyms
{
    /// <summary>The function that contains an address, or that ends with a call just before it.</summary>
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
