namespace Depmap.Support;

/// <summary>How many flows of an edge were dropped for one reason.</summary>
public sealed record DropReasonCount(string Reason, string? Detail, long Count);
