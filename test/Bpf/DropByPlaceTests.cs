namespace Depmap.Bpf.Tests;

/// <summary>As on a kernel before 5.17: exactly the same drops are recognized by their place.</summary>
public sealed class DropByPlaceTests(DropNetwork network) : DropScenarios(network, hideReasons: true), IClassFixture<DropNetwork>;
