using System.Diagnostics;

namespace Depmap.Support;

/// <summary>A folder that is deleted after the test.</summary>
public sealed class TemporaryFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("depmap-test-").FullName;

    /// <returns>The file's path.</returns>
    public string Write(string name, string text)
    {
        string file = System.IO.Path.Combine(Path, name);
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(file)!);
        File.WriteAllText(file, text);
        return file;
    }

    /// <summary>Writes an executable shell script.</summary>
    public string WriteProgram(string name, string script)
    {
        string file = System.IO.Path.Combine(Path, name);
        // By another process: a program that is started meanwhile by another thread would inherit the open file, and an open file
        // cannot be run (ETXTBSY).
        using Process install = Process.Start("install", ["-D", "-m", "700", Write(name + ".sh", $"#!/bin/sh\n{script}\n"), file]);
        install.WaitForExit();
        return file;
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
