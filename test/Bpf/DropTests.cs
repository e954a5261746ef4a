namespace Depmap.Bpf.Tests;

/// <summary>By the reasons that the kernel gives, or the places where it has none.</summary>
public sealed class DropTests(DropNetwork network) : DropScenarios(network, hideReasons: false), IClassFixture<DropNetwork>;
