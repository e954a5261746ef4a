namespace Depmap.Plugin.Output;

/// <summary>
/// The ends of connections as tables name them, so that no two rows look the same: where a service and a workload have one name, both
/// rows name the kind.
/// </summary>
internal static class RowLabels
{
    /// <param name="rows">The rows.</param>
    /// <param name="name">Returns the client and the server of a row, with or without their kinds, each as one word.</param>
    /// <param name="rest">What else a row shows of the connection, such as protocol and port.</param>
    public static (string Client, string Server)[] Of<TRow, TRest>(
        IReadOnlyList<TRow> rows, Func<TRow, bool, (string Client, string Server)> name, Func<TRow, TRest> rest)
    {
        (string Client, string Server)[] labels = [.. rows.Select(row => name(row, false))];
        foreach (int i in Repeated(rows, labels, rest))
            labels[i] = name(rows[i], true);
        var seen = new HashSet<((string, string), TRest)>();
        for (int i = 0; i < rows.Count; i++)
        {
            // Ends with one name after control characters were escaped, or from newer relays.
            (string client, string server) = labels[i];
            for (int number = 2; !seen.Add((labels[i], rest(rows[i]))); number++)
                labels[i] = (client, $"{server}({number})");
        }

        return labels;
    }

    private static int[] Repeated<TRow, TRest>(
        IReadOnlyList<TRow> rows, (string Client, string Server)[] labels, Func<TRow, TRest> rest) =>
    [
        .. Enumerable.Range(0, rows.Count).GroupBy(i => (labels[i], rest(rows[i])))
            .Where(group => group.Skip(1).Any()).SelectMany(group => group),
    ];
}
