using Depmap.V1;

namespace Depmap.Plugin.Output;

/// <summary>The JSON fields of the readiness of a service's port.</summary>
internal sealed record ReadinessFields(string Namespace, string Service, uint Port, string? Protocol, uint Ready, uint NotReady)
{
    public static ReadinessFields Of(ServiceReadiness service) => new(
        service.Namespace, service.Service, service.Port, Words.Of(service.Protocol), service.Ready, service.NotReady);
}
