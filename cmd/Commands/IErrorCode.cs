using System.CommandLine;

namespace Depmap.Plugin.Commands;

/// <summary>A command with a result that is not a success, such as maps that differ, so that errors have another exit code.</summary>
internal interface IErrorCode
{
    /// <summary>Of every error, also in the command line, and if it is interrupted.</summary>
    /// <param name="parse">May have errors.</param>
    int ErrorCode(ParseResult parse);
}
