namespace Depmap.Agent.Links;

/// <summary>Attaches one interface; null when the kernel refused.</summary>
internal delegate InterfaceAttachment? Attacher(int index, out AttachFailure failure);
