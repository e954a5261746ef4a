namespace Depmap.Plugin.Output;

/// <summary>What the color of a text says. Never the only sign of it.</summary>
internal enum Tone
{
    Plain,
    Good,
    Bad,
    Reason,
    Faint,
    Heading,
}
