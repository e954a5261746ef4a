using System.Runtime.Versioning;

// A lab is two nodes' worth of processes on this machine: one at a time, unless a test itself wants two.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
[assembly: SupportedOSPlatform("linux")]
