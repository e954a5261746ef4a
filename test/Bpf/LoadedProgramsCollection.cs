namespace Depmap.Bpf.Tests;

[CollectionDefinition(LoadedPrograms.Collection)]
public sealed class LoadedProgramsCollection : ICollectionFixture<LoadedPrograms>;
