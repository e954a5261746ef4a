namespace Depmap.Relay.Objects;

/// <summary>An objects file cannot be read.</summary>
/// <param name="line">Counted from 1; 0 if no line applies, for example if the file does not exist.</param>
/// <param name="expected">What was expected; follows the file and line in the message.</param>
internal sealed class ObjectsException(int line, string expected) : Exception(expected)
{
    /// <summary><c>objects.json:17: expected "items" to be a list</c></summary>
    public string Describe(string file) => line > 0 ? $"{file}:{line}: {Message}" : $"{file}: {Message}";
}
