namespace Depmap.Agent.Records;

/// <summary>What the connection tracker of the node's network has counted.</summary>
/// <param name="Entries">Entries now.</param>
/// <param name="MaxEntries">nf_conntrack_max</param>
/// <param name="Dropped">Total of packets that it dropped, because the table was full or an entry could not be inserted.</param>
/// <param name="Invalid">Total of packets that belong to no connection and open none.</param>
/// <param name="InsertFailed">Total of entries that could not be inserted, because another one has the same addresses and ports.</param>
internal readonly record struct ConntrackCounters(uint Entries, uint MaxEntries, ulong Dropped, ulong Invalid, ulong InsertFailed);
