using Depmap.V1;

namespace Depmap.Plugin.Output;

/// <summary>Prints why one end reaches another or not as one JSON object.</summary>
internal static class WhyJson
{
    public static string Write(ExplainResponse response) => IndentedJson.Write(WhyFields.Of(response), WhyJsonContext.Default.WhyFields);
}
