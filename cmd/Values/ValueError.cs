namespace Depmap.Plugin.Values;

/// <summary>Why a value is invalid.</summary>
/// <param name="Key">Its key, such as <c>agent.logLevel</c>.</param>
/// <param name="Text">The value; null if there is no such key.</param>
/// <param name="Reason">What is allowed.</param>
internal readonly record struct ValueError(string Key, string? Text, string Reason);
