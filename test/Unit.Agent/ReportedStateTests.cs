using Depmap.Agent.Kernel;
using Depmap.Agent.Links;
using Depmap.V1;

namespace Depmap.Agent.Tests;

/// <summary>The agent's reports to the relay about the kernel and the interfaces.</summary>
public sealed class ReportedStateTests
{
    [Theory]
    [InlineData("None", false, V1.DropExplanation.None)]
    [InlineData("ByPlace", false, V1.DropExplanation.ByPlace)]
    [InlineData("ByReason", true, V1.DropExplanation.ByReason)]
    public void Kernel_features_are_reported_as_probed(string drops, bool cgroups, V1.DropExplanation reported)
    {
        var features = new KernelFeatureSet(HasTcx: false, Enum.Parse<DropReasonSource>(drops), cgroups, HasConnectionRequests: true);
        Assert.Equal(new V1.KernelFeatures { Drops = reported, SocketCgroups = cgroups }, features.ToMessage());
    }

    [Fact]
    public void Each_limit_is_reported_in_its_own_field() => Assert.Equal(
        new Attachments { OneDirection = 1, Preceded = 2, Unobserved = 3, Waiting = 4, Failing = 5, Restored = 6 },
        new AttachmentState(12, OneDirection: 1, Preceded: 2, Unobserved: 3, Waiting: 4, Failing: 5, Restored: 6).ToMessage());
}
