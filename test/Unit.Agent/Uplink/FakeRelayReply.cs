namespace Depmap.Agent.Tests.Uplink;

/// <summary>What the fake relay does when it receives a batch.</summary>
internal enum FakeRelayReply
{
    Acknowledge,
    Ignore,
    AbortFirst,
    AcknowledgeThenAbort,
}
