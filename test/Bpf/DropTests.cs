namespace Depmap.Bpf.Tests;

/// <summary>With the kernel's reasons, or by place if it has none.</summary>
public sealed class DropTests(DropNetwork network) : DropScenarios(network, hideReasons: false), IClassFixture<DropNetwork>;
