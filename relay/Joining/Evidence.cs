namespace Depmap.Relay.Joining;

/// <summary>How sure it is that two sightings are of one flow; the lower the better.</summary>
internal enum Evidence
{
    /// <summary>The SYN carried the same sequence number.</summary>
    SameSequence,

    /// <summary>The same two ends.</summary>
    SameEnds,

    /// <summary>The client asked a service, and one behind it was asked.</summary>
    BehindService,

    /// <summary>The client asked a service, and a pod not known to be behind it was asked.</summary>
    PerhapsBehindService,

    None,
}
