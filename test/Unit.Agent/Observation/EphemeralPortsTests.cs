using Depmap.Agent.Observation;

namespace Depmap.Agent.Tests.Observation;

public class EphemeralPortsTests
{
    [Fact]
    public void The_lowest_ephemeral_port_of_this_machine_is_read() => Assert.InRange(EphemeralPorts.Lowest(), 1, 65535);
}
