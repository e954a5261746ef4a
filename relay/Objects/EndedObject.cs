namespace Depmap.Relay.Objects;

/// <summary>The last state of an object that was deleted or has finished.</summary>
/// <param name="At">When the relay received the event, Unix nanoseconds.</param>
internal readonly record struct EndedObject<T>(T Object, long At);
