using System.Runtime.InteropServices;
using Depmap.Common;

namespace Depmap.Plugin.Shell;

/// <summary>Describes a bug of this program in one line, with what a report needs.</summary>
internal static class InternalError
{
    /// <param name="command">The command without its flags, whose values may be secret.</param>
    public static string Describe(Exception failure, string command) =>
        $"internal: {failure.GetType().Name}: {failure.Message} This is a bug. Please report this line: {command}, "
        + $"version {ProductVersion.Text}, {RuntimeInformation.RuntimeIdentifier}, {Place(failure)}";

    /// <summary>The first method of ours in the stack trace.</summary>
    private static string Place(Exception failure)
    {
        string? method = (failure.StackTrace ?? "").Split([' ', '(', '\n'])
            .FirstOrDefault(word => word.StartsWith("Depmap.", StringComparison.Ordinal));
        return method is null ? "place unknown" : $"in {method}";
    }
}
