using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Depmap.Plugin.Yaml;

/// <summary>Reads a scalar as the type that the core schema gives it (YAML 1.2.2, 10.3.2).</summary>
internal static partial class YamlScalar
{
    private const string TextTag = "tag:yaml.org,2002:str";

    public static JsonValue? Read(Scalar scalar) =>
        scalar.Style == ScalarStyle.Plain && !(!scalar.Tag.IsEmpty && (scalar.Tag.IsNonSpecific || scalar.Tag.Value == TextTag))
            ? ReadPlain(scalar.Value)
            : JsonValue.Create(scalar.Value);

    /// <summary>Whether a string would be read as another type if it were written without quotes.</summary>
    public static bool NeedsQuotes(string text) => ReadPlain(text)?.GetValueKind() != JsonValueKind.String;

    private static JsonValue? ReadPlain(string text) => text switch
    {
        "" or "~" or "null" or "Null" or "NULL" => null,
        "true" or "True" or "TRUE" => JsonValue.Create(true),
        "false" or "False" or "FALSE" => JsonValue.Create(false),
        _ when WholeNumber().IsMatch(text)
            && long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long whole) => JsonValue.Create(whole),
        // JSON has no infinity, which a very large number becomes.
        _ when RealNumber().IsMatch(text)
            && double.Parse(text, NumberStyles.Float, CultureInfo.InvariantCulture) is var real && double.IsFinite(real) =>
            JsonValue.Create(real),
        _ => JsonValue.Create(text),
    };

    [GeneratedRegex(@"^[-+]?[0-9]+$")]
    private static partial Regex WholeNumber();

    [GeneratedRegex(@"^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$")]
    private static partial Regex RealNumber();
}
