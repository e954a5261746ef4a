using Depmap.Common.Options;

namespace Depmap.Plugin.Commands;

/// <summary>A value that is one of a few words, in any case.</summary>
internal sealed class Choice<T>(params (string Word, T Value)[] choices)
{
    /// <summary>The words, as help shows them: <c>json|compact</c>.</summary>
    public string Names => string.Join('|', choices.Select(choice => choice.Word));

    public Reading<T> Read(string text)
    {
        foreach ((string word, T value) in choices)
        {
            if (word.Equals(text, StringComparison.OrdinalIgnoreCase))
                return value;
        }

        string use = $"use {string.Join(" or ", choices.Select(choice => choice.Word))}";
        string? nearest = NearestWord.Find(text, choices.Select(choice => choice.Word));
        return Reading<T>.Wrong(nearest is null ? use : $"{use}, did you mean {nearest}?");
    }
}
