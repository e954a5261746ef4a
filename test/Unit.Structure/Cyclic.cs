// Two namespaces that depend on each other, one of them inside a method body only, for NamespaceTests.
namespace Depmap.Structure.Tests.Cyclic.First
{
    internal sealed class Value;

    internal static class Caller
    {
        public static async Task CallAsync()
        {
            await Task.Yield();
            Second.Called.Make();
        }
    }
}

namespace Depmap.Structure.Tests.Cyclic.Second
{
    internal static class Called
    {
        public static First.Value Make() => new();
    }
}
