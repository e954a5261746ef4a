using System.Runtime.Versioning;

// A lab is the processes of two nodes. Two test classes run at once: their labs have different names, and mostly wait.
[assembly: CollectionBehavior(MaxParallelThreads = 2)]
[assembly: SupportedOSPlatform("linux")]
