namespace Depmap.Plugin.Commands;

/// <summary>A value read from what the user typed or, where that was wrong, what would have been right.</summary>
/// <param name="Problem">Ends the sentence <c>invalid value "X" for --flag: …</c>; null where the value is good.</param>
internal readonly record struct Reading<T>(T Value, string? Problem)
{
    public static implicit operator Reading<T>(T value) => new(value, null);

    public static Reading<T> Wrong(string problem) => new(default!, problem);
}
