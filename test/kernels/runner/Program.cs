// Runs tests where there is no SDK: run-tests ASSEMBLY [NAME-PART...] runs those whose names contain one of the parts. Prints
// "ok NAME" or "FAIL NAME: why" for each, "N passed, N failed" in the end, and ends with 1 where one failed.
using System.Reflection;
using Depmap.Kernels.Runner;
using Xunit.Abstractions;
using Xunit.Sdk;

IAssemblyInfo assembly = Reflector.Wrap(Assembly.LoadFrom(Path.Combine(AppContext.BaseDirectory, args[0] + ".dll")));
string[] parts = args[1..];
using XunitTestFramework framework = new(new NullMessageSink());
using TestFound found = new();
using ITestFrameworkDiscoverer discoverer = framework.GetDiscoverer(assembly);
discoverer.Find(includeSourceInformation: false, found, new FrameworkOptions());
found.Finished.WaitOne();
ITestCase[] chosen = [.. found.Tests.Where(test => parts.Length == 0 || parts.Any(test.DisplayName.Contains))];

using TestReport report = new();
using ITestFrameworkExecutor executor = framework.GetExecutor(new AssemblyName(args[0]));
executor.RunTests(chosen, report, new FrameworkOptions());
report.Finished.WaitOne();
Console.WriteLine($"{report.Passed} passed, {report.Failed} failed");
return report.Failed == 0 && report.Passed > 0 ? 0 : 1;
