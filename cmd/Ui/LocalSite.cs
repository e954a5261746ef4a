using System.Net;
using System.Net.Sockets;
using Depmap.Common.Options;

namespace Depmap.Plugin.Ui;

/// <summary>An HTTP server on the loopback that only this machine can reach.</summary>
internal sealed class LocalSite : IDisposable
{
    /// <summary>At once. A page has three or four.</summary>
    private const int MaxRequests = 64;

    // Between choosing a free port and listening on it, someone else may take it.
    private const int MaxAttempts = 10;

    private readonly HttpListener _listener;
    private readonly SemaphoreSlim _free = new(MaxRequests);

    private LocalSite(HttpListener listener, int port)
    {
        _listener = listener;
        Origin = new Uri($"http://{IPAddress.Loopback}:{port}").GetLeftPart(UriPartial.Authority);
    }

    /// <summary>Such as <c>http://127.0.0.1:40123</c>; as browsers write it, without the port if that is 80.</summary>
    public string Origin { get; }

    /// <param name="port">0 for any that is free.</param>
    /// <returns>The error is a complete message.</returns>
    public static Parsed<LocalSite> Start(int port)
    {
        for (int attempt = 1; ; attempt++)
        {
            int chosen = port > 0 ? port : FindFreePort();
            var listener = new HttpListener { IgnoreWriteExceptions = false };
            listener.Prefixes.Add($"http://{IPAddress.Loopback}:{chosen}/");
            try
            {
                listener.Start();
                return new LocalSite(listener, chosen);
            }
            catch (Exception e) when (e is HttpListenerException or SocketException)
            {
                listener.Close();
                if (port > 0 || attempt == MaxAttempts)
                    return Parsed<LocalSite>.Invalid($"cannot listen on {IPAddress.Loopback}:{chosen}: {e.Message}");
            }
        }
    }

    /// <summary>Answers requests until it is cancelled.</summary>
    /// <param name="answer">Called for several at once. It need not close the response.</param>
    /// <param name="failed">Called with an exception that no page and no relay explains.</param>
    public async Task ServeAsync(
        Func<HttpListenerContext, CancellationToken, Task> answer, Action<Exception> failed, CancellationToken cancellationToken)
    {
        using CancellationTokenRegistration stop = cancellationToken.Register(_listener.Stop);
        while (true)
        {
            HttpListenerContext context;
            try
            {
                context = await _listener.GetContextAsync();
            }
            catch (Exception e) when (e is HttpListenerException or ObjectDisposedException or InvalidOperationException)
            {
                cancellationToken.ThrowIfCancellationRequested();
                throw;
            }

            await _free.WaitAsync(cancellationToken);
            _ = AnswerAsync(context, answer, failed, cancellationToken);
        }
    }

    public void Dispose() => _listener.Close();

    private async Task AnswerAsync(
        HttpListenerContext context,
        Func<HttpListenerContext, CancellationToken, Task> answer,
        Action<Exception> failed,
        CancellationToken cancellationToken)
    {
        try
        {
            await answer(context, cancellationToken);
            context.Response.Close();
        }
        catch (Exception e)
        {
            // The page is gone, or it is closed with this program, or it sees that its answer is cut short.
            context.Response.Abort();
            if (e is not (IOException or HttpListenerException or ObjectDisposedException or OperationCanceledException))
                failed(e);
        }
        finally
        {
            _free.Release();
        }
    }

    private static int FindFreePort()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }
}
