namespace Depmap.Relay.Objects;

/// <summary>An object as it was at last.</summary>
/// <param name="At">When that was heard, Unix nanoseconds.</param>
internal readonly record struct EndedObject<T>(T Object, long At);
