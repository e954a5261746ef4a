namespace Depmap.Plugin.Install;

/// <summary>What the user wants to install.</summary>
/// <param name="PullSecret">Where the credentials of the registry are copied from; null if they are not.</param>
/// <param name="LoadFolder">The folder of image archives to load onto the nodes; null to load none.</param>
internal readonly record struct InstallRequest(InstallValues Values, PullSecretSource? PullSecret, string? LoadFolder);
