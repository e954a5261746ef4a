namespace Depmap.Common.Options;

/// <summary>Parses the text of an option or an environment variable.</summary>
internal delegate Parsed<T> Parser<T>(string text);
