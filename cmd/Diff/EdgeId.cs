using Depmap.Plugin.Output;

namespace Depmap.Plugin.Diff;

/// <summary>What makes edges of two maps the same edge.</summary>
internal readonly record struct EdgeId(EndId Client, EndId Server, uint Port, string Protocol, bool Probe, bool Depmap)
{
    public static EdgeId Of(EdgeFields edge) => new(
        EndId.Of(edge.Source), EndId.Of(edge.Destination), edge.Destination?.Port ?? 0, edge.Protocol ?? "", edge.Probe == true,
        edge.Depmap == true);
}
