namespace Depmap.Plugin.Install;

/// <summary>The result of applying an object.</summary>
internal enum ApplyResult { Unchanged, Created, Configured }
