namespace Depmap.Agent.Records;

internal enum RecordKind : uint
{
    Moment = 0,
    Eviction = 1,
    Drop = 2,
    Answer = 3,
    HostConnection = 4,
}
