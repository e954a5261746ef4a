using System.Net;

namespace Depmap.Relay.Cluster;

/// <summary>A complete response of the API server.</summary>
internal readonly record struct ApiResponse(HttpStatusCode Status, byte[] Body)
{
    public bool Ok => (int)Status is >= 200 and < 300;
}
