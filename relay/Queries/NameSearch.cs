using Depmap.Relay.Names;
using Depmap.V1;

namespace Depmap.Relay.Queries;

/// <summary>Finds names that a reader asks for.</summary>
internal static class NameSearch
{
    /// <summary>Some 1.5 MB.</summary>
    public const int MaxNames = 20_000;

    private static readonly NameKind[] All = [NameKind.Namespace, NameKind.Service, NameKind.Workload, NameKind.Pod, NameKind.Node];

    public static NamesResponse Find(KnownNames known, NamesRequest request)
    {
        var response = new NamesResponse();
        uint limit = Math.Min(request.Limit, MaxNames);
        foreach (NameKind kind in All.Where(kind => request.Kinds.Count == 0 || request.Kinds.Contains(kind)))
        {
            foreach (KnownName name in known.List(kind).Where(name => IsWanted(name, request)))
            {
                if (response.Names.Count >= limit)
                {
                    response.Truncated = true;
                    return response;
                }

                response.Names.Add(new ObjectName
                {
                    Kind = kind, Namespace = name.Namespace, Name = name.Name, WorkloadKind = name.WorkloadKind,
                });
            }
        }

        return response;
    }

    private static bool IsWanted(KnownName name, NamesRequest request) =>
        name.StartsWith(request.Prefix)
        && (request.Namespaces.Count == 0 || name.Namespace.Length == 0 || request.Namespaces.Contains(name.Namespace))
        && (request.WorkloadKind.Length == 0 || name.Kind != NameKind.Workload || request.WorkloadKind == name.WorkloadKind);
}
