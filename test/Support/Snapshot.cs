using System.Runtime.CompilerServices;
using System.Text;
using Xunit.Sdk;

namespace Depmap.Support;

/// <summary>
/// Compares a text with the file <c>CLASS.METHOD.verified.txt</c> beside the test, by the convention of Verify.Xunit.
/// </summary>
public static class Snapshot
{
    /// <summary>
    /// Fails if <paramref name="actual"/> differs from the verified text, and then writes <c>CLASS.METHOD.received.txt</c>.
    /// </summary>
    /// <param name="actual">The text to compare. Line ends are compared as <c>\n</c>.</param>
    /// <param name="variant">Distinguishes several snapshots of one test: <c>CLASS.METHOD_VARIANT</c>.</param>
    /// <param name="file">The file of the test, named after its class.</param>
    /// <param name="method">The method of the test.</param>
    public static Task Match(
        string actual,
        string? variant = null,
        [CallerFilePath] string file = "",
        [CallerMemberName] string method = "")
    {
        string name = $"{Path.GetFileNameWithoutExtension(file)}.{method}{(variant is null ? "" : "_" + variant)}";
        string folder = Path.GetDirectoryName(file)!;
        string verified = Path.Combine(folder, name + ".verified.txt");
        string received = Path.Combine(folder, name + ".received.txt");
        string text = actual.ReplaceLineEndings("\n");
        string? expected = File.Exists(verified) ? File.ReadAllText(verified).ReplaceLineEndings("\n") : null;
        if (text == expected)
        {
            File.Delete(received);
            return Task.CompletedTask;
        }

        // Verify writes its files as UTF-8 with a byte order mark.
        File.WriteAllText(received, text, new UTF8Encoding(encoderShouldEmitUTF8Identifier: true));
        throw new XunitException(expected is null
            ? $"No snapshot {name}.verified.txt. If this is right, rename {name}.received.txt:\n{text}"
            : $"Not as in {name}.verified.txt.\nexpected:\n{expected}\nreceived:\n{text}");
    }
}
