namespace Depmap.Lab.Tests;

/// <summary>Traffic from a pod, by the programs in <c>pods/</c>.</summary>
internal static class Calls
{
    /// <summary>Makes calls, each a connection or a conversation of its own from a source port of its own.</summary>
    /// <param name="protocol">tcp, udp, or say: UDP without waiting for an answer.</param>
    /// <param name="first">The first call's source port; the others follow.</param>
    /// <param name="rate">Calls a second.</param>
    /// <returns>By source port: who answered, or what went wrong (an errno's name, TIMEOUT).</returns>
    public static async Task<Dictionary<int, string>> CallAsync(
        this Cluster lab, string pod, string protocol, string address, int port, int first, int count = 1, int rate = 500, double patience = 2)
    {
        string output = await lab.RunAsync(pod, $"exec {Python("call")} {protocol} {address} {port} {first} {count} {rate} {patience}");
        return output.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => line.Split(' ', 2))
            .ToDictionary(words => int.Parse(words[0]), words => words.Length > 1 ? words[1] : "");
    }

    /// <summary>Holds one TCP connection for a while, with a request every so often.</summary>
    /// <returns>How many requests were answered, and what the longest answer took, in milliseconds.</returns>
    public static async Task<(int Answered, int LongestMs)> TalkAsync(
        this Cluster lab, string pod, string address, int port, int from, double seconds, double every)
    {
        string output = await lab.RunAsync(pod, $"exec {Python("talk")} {address} {port} {from} {seconds} {every}");
        int[] numbers = [.. output.Split(' ').Select(int.Parse)];
        return (numbers[0], numbers[1]);
    }

    private static string Python(string program) => $"python3 -B {Installation.File($"test/Lab.Tests/pods/{program}.py")}";
}
