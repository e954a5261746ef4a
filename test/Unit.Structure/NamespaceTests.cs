using System.Reflection;

namespace Depmap.Structure.Tests;

/// <summary>Data flows one way: no two folders of a project depend on each other.</summary>
public sealed class NamespaceTests
{
    [Theory]
    [InlineData("depmap-agent", "Depmap.Agent")]
    [InlineData("depmap-relay", "Depmap.Relay")]
    [InlineData("kubectl-depmap", "Depmap.Plugin")]
    [InlineData("Depmap.Common", "Depmap.Common")]
    public void No_cycle_between_the_namespaces_of_a_project(string assembly, string root)
    {
        IReadOnlyList<string> cycles = NamespaceCycles.Find(Assembly.Load(assembly), root);

        Assert.True(cycles.Count == 0, string.Join('\n', cycles));
    }

    [Fact]
    public void A_cycle_is_printed_with_the_types_that_close_it()
    {
        Assembly tests = typeof(NamespaceTests).Assembly;

        string cycle = Assert.Single(NamespaceCycles.Find(tests, "Depmap.Structure.Tests.Cyclic"));

        Assert.Equal("""
            Depmap.Structure.Tests.Cyclic.First -> Depmap.Structure.Tests.Cyclic.Second -> Depmap.Structure.Tests.Cyclic.First
              Depmap.Structure.Tests.Cyclic.First.Caller -> Depmap.Structure.Tests.Cyclic.Second.Called
              Depmap.Structure.Tests.Cyclic.Second.Called -> Depmap.Structure.Tests.Cyclic.First.Value
            """, cycle);
    }
}
