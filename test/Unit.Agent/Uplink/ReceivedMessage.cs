using Depmap.Common.Tls;
using Depmap.V1;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;

namespace Depmap.Agent.Tests.Uplink;

/// <param name="Stream">1 for the first stream, and so on.</param>
internal readonly record struct ReceivedMessage(int Stream, AgentMessage Message);
