using System.Text;

namespace Depmap.Plugin.Cluster.Api;

/// <summary>
/// Sends several values of one header as a line each. .NET joins them by commas, which the API server would take for
/// one group with a comma in its name. For HTTP/1.1.
/// </summary>
internal sealed class RepeatedHeader(string name) : Encoding
{
    // Of Unicode's private use: nobody's name has it.
    private const char Mark = '\uE000';

    public static string Join(IEnumerable<string> values) => string.Join(Mark, values);

    public override int GetByteCount(char[] chars, int index, int count) => UTF8.GetByteCount(Lines(chars, index, count));

    public override int GetBytes(char[] chars, int charIndex, int charCount, byte[] bytes, int byteIndex) =>
        UTF8.GetBytes(Lines(chars, charIndex, charCount), bytes.AsSpan(byteIndex));

    public override int GetMaxByteCount(int charCount) => UTF8.GetMaxByteCount(charCount * (name.Length + 4));

    // Answers are not read by it.
    public override int GetCharCount(byte[] bytes, int index, int count) => UTF8.GetCharCount(bytes, index, count);

    public override int GetChars(byte[] bytes, int byteIndex, int byteCount, char[] chars, int charIndex) =>
        UTF8.GetChars(bytes, byteIndex, byteCount, chars, charIndex);

    public override int GetMaxCharCount(int byteCount) => UTF8.GetMaxCharCount(byteCount);

    private string Lines(char[] chars, int index, int count) => new string(chars, index, count).Replace($"{Mark}", $"\r\n{name}: ", StringComparison.Ordinal);
}
