namespace Depmap.Agent.Links;

/// <summary>Attaches the programs to an interface; returns null if the kernel refused.</summary>
internal delegate InterfaceAttachment? Attacher(int index, out AttachFailure failure);
