using Depmap.V1;
using Grpc.Core;

namespace Depmap.Relay.Intake;

/// <summary>Checks the first message of an agent: its texts are kept, logged, and shown to users.</summary>
internal static class HelloMessage
{
    // A node's name is a DNS name (RFC 1123).
    private const int MaxNodeLength = 253;
    private const int MaxTextLength = 128;

    /// <returns>The message, with texts of limited length.</returns>
    /// <exception cref="RpcException">The node's name is not one that Kubernetes allows.</exception>
    public static Hello Check(Hello hello)
    {
        if (hello.Node.Length > MaxNodeLength || !hello.Node.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '.'))
            throw new RpcException(new Status(StatusCode.InvalidArgument, "the hello message has no valid name of a node"));
        hello.Version = Text(hello.Version);
        hello.Kernel = Text(hello.Kernel);
        hello.AttachMode = Text(hello.AttachMode);
        return hello;
    }

    private static string Text(string text)
    {
        ReadOnlySpan<char> shown = text.AsSpan(0, Math.Min(text.Length, MaxTextLength));
        return shown.ContainsAnyExceptInRange(' ', '~') ? "" : shown.ToString();
    }
}
