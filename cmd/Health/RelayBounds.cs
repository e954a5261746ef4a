using Depmap.V1;

namespace Depmap.Plugin.Health;

/// <summary>Describes what the relay had no room for, and which values give it more.</summary>
internal static class RelayBounds
{
    /// <param name="status">Null if the relay did not respond.</param>
    public static IEnumerable<string> Notes(StatusResponse? status)
    {
        if (status?.Lost is { } lost && lost.Flows + lost.ForgottenFlows > 0)
        {
            yield return $"the relay had no room for all flows: {lost.Flows} are missing, and of {lost.ForgottenFlows} the end and the "
                + "further bytes (relay.maxFlows)";
        }

        if (status is { UnmappedFlows: > 0 and var unmapped })
            yield return $"the map had no room for all edges: those of {unmapped} flows are missing (relay.maxEdges)";
    }
}
