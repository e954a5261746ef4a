using System.Runtime.CompilerServices;
using Depmap.Plugin.Install;

namespace Depmap.Plugin.Tests;

public sealed class ChartCertificatesTests
{
    // The lifetimes are compared by rendering the chart: see ChartTests.
    [Fact]
    public async Task The_chart_renews_certificates_as_early_as_the_plugin() =>
        Assert.Contains(
            $"$renewalDays := {Certificates.RenewalPeriod.TotalDays} ", await File.ReadAllTextAsync(Template()), StringComparison.Ordinal);

    private static string Template([CallerFilePath] string file = "") =>
        Path.Combine(Path.GetDirectoryName(file)!, "../../chart/templates/_certificates.tpl");
}
