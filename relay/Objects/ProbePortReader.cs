namespace Depmap.Relay.Objects;

/// <summary>Reads the TCP ports that a pod declares for its liveness, readiness and startup probes.</summary>
internal static class ProbePortReader
{
    /// <returns>Null if there are none.</returns>
    public static List<ushort>? Read(LocatedElement spec)
    {
        List<ushort>? ports = null;
        // Sidecars can have probes, and are declared as init containers.
        foreach (LocatedElement entry in spec.GetList("containers").Concat(spec.GetList("initContainers")))
        {
            LocatedElement container = entry.AsObject("a container to be an object");
            foreach (string probe in (ReadOnlySpan<string>)["livenessProbe", "readinessProbe", "startupProbe"])
            {
                if (container.GetObjectOrNull(probe) is not { } found
                    || (found.GetObjectOrNull("httpGet") ?? found.GetObjectOrNull("tcpSocket") ?? found.GetObjectOrNull("grpc"))
                        is not { } call
                    || ReadPort(call, container) is not { } port)
                    continue;
                ports ??= [];
                if (!ports.Contains(port))
                    ports.Add(port);
            }
        }

        return ports;
    }

    // A port number, or the name of one of the container's ports.
    private static ushort? ReadPort(LocatedElement call, LocatedElement container)
    {
        if (!call.IsString("port"))
            return call.GetPortOrNull("port");
        string name = call.GetString("port");
        foreach (LocatedElement entry in container.GetList("ports"))
        {
            LocatedElement port = entry.AsObject("a port to be an object");
            if (port.GetStringOrNull("name") == name)
                return port.GetPortOrNull("containerPort");
        }

        return null;
    }
}
