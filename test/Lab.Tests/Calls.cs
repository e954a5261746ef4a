namespace Depmap.Lab.Tests;

/// <summary>Traffic from a pod, made by the programs in <c>pods/</c>.</summary>
internal static class Calls
{
    /// <summary>Makes calls, each a connection or conversation of its own from its own source port.</summary>
    /// <param name="protocol">tcp, udp, or say: UDP without waiting for a response.</param>
    /// <param name="first">The source port of the first call; the others use the next ports.</param>
    /// <param name="rate">Calls a second.</param>
    /// <param name="timeout">Seconds to wait for a response.</param>
    /// <returns>By source port: the response, or the error (the name of an errno, or TIMEOUT).</returns>
    public static async Task<Dictionary<int, string>> CallAsync(
        this Cluster lab,
        string pod,
        string protocol,
        string address,
        int port,
        int first,
        int count = 1,
        int rate = 500,
        double timeout = 5)
    {
        string output = await lab.RunAsync(pod, $"exec {Python("call")} {protocol} {address} {port} {first} {count} {rate} {timeout}");
        return output.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => line.Split(' ', 2))
            .ToDictionary(words => int.Parse(words[0]), words => words.Length > 1 ? words[1] : "");
    }

    /// <summary>Holds one TCP connection for some seconds, with a request at each interval.</summary>
    /// <returns>The number of responses, and the longest time that one took, in milliseconds.</returns>
    public static async Task<(int Responses, int LongestMs)> TalkAsync(
        this Cluster lab, string pod, string address, int port, int from, double seconds, double interval)
    {
        string output = await lab.RunAsync(pod, $"exec {Python("talk")} {address} {port} {from} {seconds} {interval}");
        int[] numbers = [.. output.Split(' ').Select(int.Parse)];
        return (numbers[0], numbers[1]);
    }

    private static string Python(string program) => $"python3 -B {Installation.File($"test/Lab.Tests/pods/{program}.py")}";
}
