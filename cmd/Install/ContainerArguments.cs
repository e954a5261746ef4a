using System.Text.Json.Nodes;

namespace Depmap.Plugin.Install;

/// <summary>The arguments of a container.</summary>
internal static class ContainerArguments
{
    /// <param name="option">The option that an argument begins with, such as <c>--listen=</c>.</param>
    /// <param name="argument">Takes the place of that argument.</param>
    public static void Replace(JsonObject container, string option, string argument)
    {
        var arguments = (JsonArray)container["args"]!;
        for (int i = 0; i < arguments.Count; i++)
        {
            if (((string)arguments[i]!).StartsWith(option, StringComparison.Ordinal))
                arguments[i] = argument;
        }
    }
}
