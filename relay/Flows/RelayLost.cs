namespace Depmap.Relay.Flows;

/// <summary>What the relay itself has lost since its start, because it had no room. One writer, any number of readers.</summary>
internal sealed class RelayLost
{
    private volatile Totals _current = new(0, 0);

    public Totals Current
    {
        get => _current;
        set => _current = value;
    }

    /// <param name="Flows">Connections that were removed before they had a verdict.</param>
    /// <param name="ForgottenFlows">
    /// Connections that were removed while they were open: the rest of their bytes, and their end, are missing.
    /// </param>
    public sealed record Totals(ulong Flows, ulong ForgottenFlows);
}
