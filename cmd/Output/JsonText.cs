using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Depmap.Plugin.Output;

/// <summary>JSON as it is printed: legible, and without characters that a terminal acts on, which become escapes.</summary>
internal static class JsonText
{
    /// <summary>Does not escape what is special in HTML. Escapes control characters, but not marks of direction.</summary>
    public static readonly JavaScriptEncoder Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping;

    /// <summary>Appends JSON in UTF-8 with each unsafe character as <c>\uXXXX</c>. Such a character can only be in a string.</summary>
    public static void Append(ReadOnlySpan<byte> json, IBufferWriter<byte> output)
    {
        // The encoder has escaped other control characters.
        if (json.ContainsAnyInRange((byte)0x7F, (byte)0xFF) && Encoding.UTF8.GetString(json) is var text && !PlainText.IsSafe(text))
            Encoding.UTF8.GetBytes(PlainText.OfJson(text), output);
        else
            output.Write(json);
    }
}
