namespace Depmap.Bpf.Tests;

/// <summary>As on a kernel before 5.17: the same drops, and no more, are known by the place where they were.</summary>
public sealed class DropByPlaceTests(DropNetwork network) : DropScenarios(network, hideReasons: true), IClassFixture<DropNetwork>;
