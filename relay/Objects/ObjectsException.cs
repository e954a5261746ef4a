namespace Depmap.Relay.Objects;

/// <summary>An objects file is not what it should be.</summary>
/// <param name="line">Counted from 1; 0 where no line applies, as when there is no file.</param>
/// <param name="expected">What was expected, to be read after the file and line.</param>
internal sealed class ObjectsException(int line, string expected) : Exception(expected)
{
    /// <summary><c>objects.json:17: expected "items" to be a list</c></summary>
    public string Describe(string file) => line > 0 ? $"{file}:{line}: {Message}" : $"{file}: {Message}";
}
