using Depmap.V1;

namespace Depmap.Relay.Flows;

/// <summary>The verdict of a flow, unspecified while its sightings do not show one, and the reason of a drop.</summary>
/// <param name="Guessed">The flow's arrival was inferred, not observed.</param>
internal readonly record struct Decision(Verdict Verdict, DropReason Reason = default, string? Detail = null, bool Guessed = false);
