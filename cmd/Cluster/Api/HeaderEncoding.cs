using System.Text;

namespace Depmap.Plugin.Cluster.Api;

/// <summary>Replaces the value of a request header at the moment .NET writes it to the connection, after all validation.</summary>
internal abstract class HeaderEncoding : Encoding
{
    public override int GetByteCount(char[] chars, int index, int count) => UTF8.GetByteCount(Rewrite(new string(chars, index, count)));

    public override int GetBytes(char[] chars, int charIndex, int charCount, byte[] bytes, int byteIndex) =>
        UTF8.GetBytes(Rewrite(new string(chars, charIndex, charCount)), bytes.AsSpan(byteIndex));

    // Only requests are written with it.
    public override int GetCharCount(byte[] bytes, int index, int count) => UTF8.GetCharCount(bytes, index, count);

    public override int GetChars(byte[] bytes, int byteIndex, int byteCount, char[] chars, int charIndex) =>
        UTF8.GetChars(bytes, byteIndex, byteCount, chars, charIndex);

    public override int GetMaxCharCount(int byteCount) => UTF8.GetMaxCharCount(byteCount);

    protected abstract string Rewrite(string value);
}
