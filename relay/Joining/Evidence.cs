namespace Depmap.Relay.Joining;

/// <summary>How certain it is that two sightings belong to the same flow. Lower values are more certain.</summary>
internal enum Evidence
{
    /// <summary>Their SYNs have the same sequence number.</summary>
    SameSequence,

    /// <summary>They have the same two endpoints.</summary>
    SameEndpoints,

    /// <summary>The client connected to a service; the other sighting's server is a backend of it.</summary>
    BehindService,

    /// <summary>The client connected to a service; the other sighting's server is not known to be a backend of it.</summary>
    PossiblyBehindService,

    None,
}
