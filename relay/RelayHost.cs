using System.Threading.Channels;
using Depmap.Common.Logging;
using Depmap.Common.Tls;
using Depmap.Relay.Agents;
using Depmap.Relay.Certificates;
using Depmap.Relay.Cluster;
using Depmap.Relay.Flows;
using Depmap.Relay.History;
using Depmap.Relay.Intake;
using Depmap.Relay.Joining;
using Depmap.Relay.Map;
using Depmap.Relay.Names;
using Depmap.Relay.Objects;
using Depmap.Relay.Options;
using Depmap.Relay.Policies;
using Depmap.Relay.Queries;
using Depmap.Relay.Trial;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Depmap.Relay;

/// <summary>The relay's stages, in the order of the data flow.</summary>
internal static partial class RelayHost
{
    /// <summary>Maximum number of batches waiting for the join stage; further agents have to wait.</summary>
    private const int MaxPendingBatches = 64;

    private const long MinHistoryEdges = 150_000;

    private static readonly TimeSpan ShutdownTimeout = TimeSpan.FromSeconds(1);

    /// <summary>Runs until cancelled.</summary>
    /// <returns>0, or 1 if a stage failed.</returns>
    /// <exception cref="UserException">The relay cannot start.</exception>
    public static async Task<int> Run(RelayOptions options, CancellationToken cancellationToken)
    {
        await using WebApplication app = Build(options);
        await Start(app, options);
        await app.WaitForShutdownAsync(cancellationToken);
        IEnumerable<BackgroundService> stages = app.Services.GetServices<IHostedService>().OfType<BackgroundService>();
        if (stages.FirstOrDefault(stage => stage.ExecuteTask?.IsFaulted == true) is not { } failed)
            return 0;
        LogStageFailed(Log(app), failed.ExecuteTask!.Exception!.InnerException!, failed.GetType().Name);
        return 1;
    }

    /// <param name="environment">Gets an environment variable; null to use those of the process.</param>
    /// <exception cref="UserException">The certificates or the service account cannot be used.</exception>
    public static WebApplication Build(RelayOptions options, Func<string, string?>? environment = null)
    {
        TlsFolder? tls = OpenTls(options);
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new());
        AddLog(builder.Logging, options.LogLevel);
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration().ConfigureKestrel(server => ConfigurePorts(server, options));
        builder.Services.AddRouting();
        builder.Services.AddGrpc();
        builder.Services.AddSingleton<IHostLifetime, NoSignalLifetime>();
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = ShutdownTimeout);
        builder.Services.AddSingleton(TimeProvider.System);

        // Names
        builder.Services.AddSingleton<NameTables>();
        string ns = OwnTraffic.DefaultNamespace;
        if (options.Objects is { } file)
        {
            builder.Services.AddSingleton(s => ActivatorUtilities.CreateInstance<ObjectsFile>(s, file));
            builder.Services.AddHostedService(s => s.GetRequiredService<ObjectsFile>());
        }

        if (options.Kubernetes is { } folder)
        {
            ServiceAccount account = ServiceAccount.Open(folder, environment ?? Environment.GetEnvironmentVariable);
            ns = account.Namespace ?? ns;
            builder.Services.AddSingleton(account).AddSingleton<ApiServer>().AddSingleton<ClusterWatch>();
            builder.Services.AddSingleton<PodLookup>();
            builder.Services.AddHostedService(s => s.GetRequiredService<ClusterWatch>());
            builder.Services.AddHostedService(s => s.GetRequiredService<PodLookup>());
            if (options.Trial is { } deadline)
            {
                builder.Services.AddHostedService(s => ActivatorUtilities.CreateInstance<TrialCleanup>(s, deadline));
            }
        }

        builder.Services.AddSingleton(new OwnTraffic(ns));

        // Certificates
        if (tls is not null)
            builder.Services.AddSingleton<ICertificates>(new FolderCertificates(tls));
        if (options.Certificates is { } owner)
        {
            builder.Services.AddSingleton(s => ActivatorUtilities.CreateInstance<CertificateKeeper>(s, owner));
            builder.Services.AddSingleton<ICertificates>(s => s.GetRequiredService<CertificateKeeper>());
            builder.Services.AddHostedService(s => s.GetRequiredService<CertificateKeeper>());
        }

        // Intake → Joining
        Channel<JoinWork> work = Channel.CreateBounded<JoinWork>(
            new BoundedChannelOptions(MaxPendingBatches) { SingleReader = true });
        builder.Services.AddSingleton(work).AddSingleton(work.Writer);
        builder.Services.AddSingleton<AgentRegistry>().AddSingleton<IntakeService>();
        builder.Services.AddSingleton(s => new KnownNodes(() => s.GetService<ClusterWatch>()?.Nodes ?? []));
        builder.Services.AddSingleton(new Joiner(options.MaxFlows, TimeProvider.System.UnixNanoseconds()));
        builder.Services.AddSingleton(new ResolvedNames()).AddSingleton(new HostConnections()).AddSingleton(new ReportedAddresses());
        // Ends after the join stage, and records what that counted last.
        builder.Services.AddSingleton(s => OpenHistory(s, options)).AddHostedService<HistoryRecorder>();
        builder.Services.AddSingleton<RelayLost>().AddSingleton<JoinStage>().AddHostedService(s => s.GetRequiredService<JoinStage>());

        // Joining → Map, Queries
        builder.Services.AddSingleton(new EdgeMap(options.MaxEdges, options.OutsideNetworks));
        builder.Services.AddSingleton(new CloseRing(options.Flows));
        builder.Services.AddSingleton(new TrafficTable(TimeProvider.System.UnixNanoseconds()));
        builder.Services.AddSingleton(new FlowRing(options.Flows)).AddSingleton<FlowRates>().AddSingleton<ChangeSignal>();
        builder.Services.AddSingleton<FirstQuery>().AddSingleton<ReaderLimit>().AddSingleton<QueriesService>();

        WebApplication app = builder.Build();
        app.UseRouting();
        app.Use(RelayPort.RestrictToPort);
        app.MapGrpcService<IntakeService>().WithMetadata(RelayPort.Intake);
        app.MapGrpcService<QueriesService>().WithMetadata(RelayPort.Queries);
        app.MapGet("/healthz", (HttpContext context) => context.Response.WriteAsync("ok\n")).WithMetadata(RelayPort.Health);
        app.MapGet("/readyz", (HttpContext context) => Readiness.WriteAsync(
                context, app.Services.GetService<ClusterWatch>(), app.Services.GetService<ICertificates>()))
            .WithMetadata(RelayPort.Health);
        return app;
    }

    /// <summary>Reads the objects and opens the ports.</summary>
    /// <exception cref="UserException">The objects cannot be read, or a port is not available.</exception>
    public static async Task Start(WebApplication app, RelayOptions options)
    {
        try
        {
            app.Services.GetService<ObjectsFile>()?.Load();
            await app.StartAsync();
        }
        catch (ObjectsException e)
        {
            throw new UserException(e.Describe(options.Objects!));
        }
        catch (IOException e)
        {
            string reason = e.Message
                .Replace("Failed to bind to address http://", "cannot listen on ")
                .Replace("Failed to bind to address https://", "cannot listen on ")
                .TrimEnd('.');
            throw new UserException(reason + "; choose another address with --intake, --queries or --listen");
        }

        List<string> bound = [.. BoundAddresses(app)];
        LogListening(Log(app), RelayPort.Intake.Name, bound[0]);
        LogListening(Log(app), RelayPort.Queries.Name, bound[1]);
        if (options.Listen is not null)
            LogListening(Log(app), RelayPort.Health.Name, bound[2]);
    }

    /// <summary>The addresses of intake, queries and health, in this order, as ADDRESS:PORT.</summary>
    public static IEnumerable<string> BoundAddresses(WebApplication app) =>
        app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses
            .Select(address => address[(address.IndexOf("//", StringComparison.Ordinal) + 2)..]);

    private static void ConfigurePorts(KestrelServerOptions server, RelayOptions options)
    {
        server.AddServerHeader = false;
        // A slow reader misses flows, but keeps its connection.
        server.Limits.MinResponseDataRate = null;
        // Detects a node that disappeared without closing its connection.
        server.Limits.Http2.KeepAlivePingDelay = TimeSpan.FromSeconds(20);
        server.Limits.Http2.KeepAlivePingTimeout = TimeSpan.FromSeconds(20);
        var certificates = server.ApplicationServices.GetService<ICertificates>();
        server.Listen(options.Intake, endpoint => RelayPort.Intake.Configure(endpoint, certificates));
        // Readers connect through a port-forward: the API server has authenticated them.
        server.Listen(options.Queries, endpoint => RelayPort.Queries.Configure(endpoint, certificates: null));
        if (options.Listen is { } health)
            server.Listen(health, endpoint => RelayPort.Health.Configure(endpoint, certificates: null));
    }

    private static EdgeHistory OpenHistory(IServiceProvider services, RelayOptions options)
    {
        var timeProvider = services.GetRequiredService<TimeProvider>();
        // Over time there are more edges than at once, and each pair of nodes is one.
        long edges = Math.Max(MinHistoryEdges, options.MaxEdges * 3L);
        var folder = new HistoryFolder(options.Persist, options.Retain, options.RetainSize, edges, timeProvider);
        ILogger log = services.GetRequiredService<ILoggerFactory>().CreateLogger(typeof(EdgeHistory));
        return new EdgeHistory(
            services.GetRequiredService<EdgeMap>(), services.GetRequiredService<TrafficTable>(), folder, timeProvider,
            problem => LogHistory(log, problem));
    }

    private static TlsFolder? OpenTls(RelayOptions options)
    {
        try
        {
            return options.TlsFolder is { } folder ? new TlsFolder(folder) : null;
        }
        catch (TlsException e)
        {
            throw new UserException(e.Message);
        }
    }

    private static void AddLog(ILoggingBuilder logging, LogLevel level)
    {
        logging.SetMinimumLevel(level);
        logging.AddFilter("Microsoft", LogLevel.Warning).AddFilter("Grpc", LogLevel.Warning);
        // The relay logs its start and end itself, in one line.
        logging.AddFilter("Microsoft.Extensions.Hosting", LogLevel.None).AddFilter("Microsoft.AspNetCore.Server.Kestrel", LogLevel.None);
        logging.AddProvider(new StderrLoggerFactory(Console.Error, level, TimeProvider.System));
    }

    private static ILogger Log(WebApplication app) =>
        app.Services.GetRequiredService<ILoggerFactory>().CreateLogger(typeof(RelayHost));

    [LoggerMessage(Level = LogLevel.Information, Message = "{Port} on {Address}")]
    private static partial void LogListening(ILogger log, string port, string address);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Problem}")]
    private static partial void LogHistory(ILogger log, string problem);

    [LoggerMessage(Level = LogLevel.Critical, Message = "{Stage} failed; the relay stops")]
    private static partial void LogStageFailed(ILogger log, Exception cause, string stage);

    /// <summary>Does not handle signals: the command does, and stops the host by a token.</summary>
    private sealed class NoSignalLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
