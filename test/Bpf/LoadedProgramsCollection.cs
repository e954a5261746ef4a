// They load programs, and count what these count.
[assembly: CollectionBehavior(DisableTestParallelization = true)]

namespace Depmap.Bpf.Tests;

[CollectionDefinition(LoadedPrograms.Collection)]
public sealed class LoadedProgramsCollection : ICollectionFixture<LoadedPrograms>;
