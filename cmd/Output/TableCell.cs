namespace Depmap.Plugin.Output;

/// <summary>A cell of a table.</summary>
internal readonly record struct TableCell(string Text, Tone Tone = Tone.Plain)
{
    public static implicit operator TableCell(string text) => new(text);
}
