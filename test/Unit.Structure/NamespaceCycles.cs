using ArchUnitNET.Domain;
using ArchUnitNET.Domain.Extensions;
using ArchUnitNET.Loader;
using Assembly = System.Reflection.Assembly;

namespace Depmap.Structure.Tests;

/// <summary>Finds namespaces of an assembly that depend on each other, by what its compiled types refer to.</summary>
internal static class NamespaceCycles
{
    /// <summary>Each cycle as one text: its namespaces, then a type and what it refers to for each step.</summary>
    /// <param name="root">Only namespaces that begin so are looked at.</param>
    public static IReadOnlyList<string> Find(Assembly assembly, string root)
    {
        Architecture architecture = new ArchLoader().LoadAssemblies(assembly).Build();
        // The first reference found stands for all from one namespace to another.
        Dictionary<string, SortedDictionary<string, string>> references = [];
        foreach (IType type in architecture.Types.Where(type => IsBelow(type, root)))
        {
            foreach (IType target in type.GetTypeDependencies().Where(target => IsBelow(target, root)))
            {
                string from = type.Namespace.FullName, to = target.Namespace.FullName;
                if (from == to)
                    continue;
                if (!references.TryGetValue(from, out var targets))
                    references[from] = targets = [];
                targets.TryAdd(to, $"{type.FullName} -> {target.FullName}");
            }
        }

        List<string> cycles = [];
        HashSet<string> reported = [];
        foreach (string start in references.Keys.Order(StringComparer.Ordinal))
        {
            if (ShortestCycle(start, references) is { } cycle && !cycle.Any(reported.Contains))
            {
                reported.UnionWith(cycle);
                IEnumerable<string> steps = cycle.Select((name, i) => $"  {references[name][cycle[(i + 1) % cycle.Count]]}");
                cycles.Add($"{string.Join(" -> ", cycle)} -> {start}\n{string.Join('\n', steps)}");
            }
        }

        return cycles;
    }

    // A generic parameter has no namespace here, or that of any method of the same name, such as what source generators repeat.
    private static bool IsBelow(IType type, string root) => type is not GenericParameter && type.Namespace?.FullName is { } name
        && (name == root || name.StartsWith($"{root}.", StringComparison.Ordinal));

    private static List<string>? ShortestCycle(string start, Dictionary<string, SortedDictionary<string, string>> references)
    {
        Queue<List<string>> paths = new([[start]]);
        HashSet<string> visited = [];
        while (paths.TryDequeue(out List<string>? path))
        {
            foreach (string next in references.GetValueOrDefault(path[^1])?.Keys.AsEnumerable() ?? [])
            {
                if (next == start)
                    return path;
                if (visited.Add(next))
                    paths.Enqueue([.. path, next]);
            }
        }

        return null;
    }
}
