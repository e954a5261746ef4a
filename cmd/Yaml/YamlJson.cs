using System.Text;
using System.Text.Json.Nodes;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Depmap.Plugin.Yaml;

/// <summary>Reads YAML as JSON (YAML 1.2.2, 10.3: the core schema), with merge keys as kubectl.</summary>
internal static class YamlJson
{
    // Far above a kubeconfig with the certificates of a hundred clusters. A device such as /dev/zero has no end.
    private const int MaxCharacters = 8 << 20;

    /// <summary>The documents of <paramref name="text"/>, without empty ones. Each is only checked when it is reached.</summary>
    /// <exception cref="YamlException">The text is not valid YAML. The message does not contain the line.</exception>
    public static IEnumerable<JsonNode> Read(TextReader text)
    {
        string all = ReadAll(text);
        YamlHint.CheckEncoding(all);
        var parser = new Parser(new StringReader(all));
        while (Next(parser, all, out JsonNode? document))
        {
            if (document is not null)
                yield return document;
        }
    }

    private static string ReadAll(TextReader text)
    {
        var all = new StringBuilder();
        char[] buffer = new char[64 << 10];
        while (text.Read(buffer) is > 0 and var count)
        {
            all.Append(buffer, 0, count);
            if (all.Length > MaxCharacters)
                throw new YamlException($"it has more than {MaxCharacters >> 20} million characters");
        }

        return all.ToString();
    }

    private static bool Next(Parser parser, string all, out JsonNode? document)
    {
        try
        {
            parser.TryConsume<StreamStart>(out _);
            bool isStarted = parser.Accept<DocumentStart>(out _);
            document = isStarted ? new YamlDocument(parser).Read() : null;
            return isStarted;
        }
        catch (YamlException failure) when (YamlHint.Explain(failure, all) is { } explained)
        {
            throw explained;
        }
        // YamlDotNet's scanner fails in these ways for some texts that are not YAML.
        catch (Exception failure) when (failure is InvalidOperationException or ArgumentException or IndexOutOfRangeException)
        {
            Mark last = parser.Current?.End ?? new Mark(0, 1, 1);
            throw new YamlException(last, last, "the text after this is not valid YAML", failure);
        }
    }
}
