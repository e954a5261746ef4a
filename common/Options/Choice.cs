namespace Depmap.Common.Options;

/// <summary>A value that is one of a few words. Case does not matter.</summary>
internal sealed class Choice<T>(params (string Word, T Value)[] choices)
{
    public IEnumerable<string> Words => choices.Select(choice => choice.Word);

    /// <summary>The words as help shows them: <c>json|compact</c>.</summary>
    public string Names => string.Join('|', Words);

    public Parsed<T> Parse(string text)
    {
        foreach ((string word, T value) in choices)
        {
            if (word.Equals(text, StringComparison.OrdinalIgnoreCase))
                return value;
        }

        string[] words = [.. Words];
        string use = $"use {string.Join(", ", words[..^1])} or {words[^1]}";
        return Parsed<T>.Invalid(NearestWord.Find(text, words) is { } nearest ? $"{use}, did you mean {nearest}?" : use);
    }
}
