using Depmap.Common.Tls;
using Depmap.V1;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;

namespace Depmap.Agent.Tests.Uplink;

/// <summary>What the fake relay does when it receives a batch.</summary>
internal enum FakeRelayReply
{
    Acknowledge,
    Ignore,
    AbortFirst,
    AcknowledgeThenAbort,
}
