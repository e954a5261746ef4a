// Runs xunit tests without an SDK. run-tests ASSEMBLY [PART...] runs the tests whose names contain one of the parts (default:
// all), prints "ok NAME" or "FAIL NAME: REASON" for each and "N passed, N failed" at the end. Exits with 1 if a test failed.
using System.Reflection;
using Depmap.Kernels.Runner;
using Xunit.Abstractions;
using Xunit.Sdk;

IAssemblyInfo assembly = Reflector.Wrap(Assembly.LoadFrom(Path.Combine(AppContext.BaseDirectory, args[0] + ".dll")));
string[] parts = args[1..];
using XunitTestFramework framework = new(new NullMessageSink());
using TestDiscovery discovery = new();
using ITestFrameworkDiscoverer discoverer = framework.GetDiscoverer(assembly);
discoverer.Find(includeSourceInformation: false, discovery, new FrameworkOptions());
discovery.Finished.WaitOne();
ITestCase[] selected = [.. discovery.Tests.Where(test => parts.Length == 0 || parts.Any(test.DisplayName.Contains))];

using TestReport report = new();
using ITestFrameworkExecutor executor = framework.GetExecutor(new AssemblyName(args[0]));
executor.RunTests(selected, report, new FrameworkOptions());
report.Finished.WaitOne();
Console.WriteLine($"{report.Passed} passed, {report.Failed} failed");
return report.Failed == 0 && report.Passed > 0 ? 0 : 1;
