namespace Depmap.Common.Options;

/// <summary>The result of parsing a value that the user typed.</summary>
/// <param name="Error">What a valid value looks like, such as <c>use a number from 1 to 65535</c>; null if the value is valid.</param>
internal readonly record struct Parsed<T>(T Value, string? Error)
{
    public static implicit operator Parsed<T>(T value) => new(value, null);

    public static Parsed<T> Invalid(string error) => new(default!, error);
}
