namespace Depmap.Plugin.Cluster.Api;

/// <summary>Says in a few words why a file cannot be read. For a folder, .NET says that access is denied.</summary>
internal static class FileFailure
{
    public static string Describe(string path, Exception failure) => failure switch
    {
        FileNotFoundException or DirectoryNotFoundException => "there is no such file",
        _ when Directory.Exists(path) => "it is a folder",
        UnauthorizedAccessException => "permission denied",
        _ => failure.Message,
    };
}
