using System.Text;

namespace Depmap.Plugin.Completion;

/// <summary>The words that a shell offers, in the form that kubectl reads from a plugin (that of Cobra's <c>__complete</c>).</summary>
/// <param name="Words">What the word may be completed to, each with a description or null.</param>
/// <param name="AreFiles">Whether files are offered instead of them.</param>
internal sealed record Completions(IReadOnlyList<(string Word, string? Description)> Words, bool AreFiles = false)
{
    // Cobra's ShellCompDirectiveDefault and ShellCompDirectiveNoFileComp.
    private const int Files = 0, NoFiles = 4;

    public static readonly Completions None = new([]);

    public override string ToString()
    {
        var lines = new StringBuilder();
        foreach ((string word, string? description) in Words)
            lines.Append(word).Append(description is null ? "" : "\t" + description).Append('\n');
        return lines.Append(':').Append(AreFiles ? Files : NoFiles).Append('\n').ToString();
    }
}
