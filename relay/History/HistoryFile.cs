using Depmap.Relay.Flows;
using Depmap.Relay.Map;
using Depmap.Relay.Policies;
using Depmap.V1;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Depmap.Relay.History;

/// <summary>
/// Keeps periods in an SQLite file. A period is one row: rows for each edge would take three times the space, and reading those of a day
/// takes seconds. After <c>kill -9</c>, the last transaction that ended is there (write-ahead log).
/// </summary>
internal sealed class HistoryFile : IHistoryStore
{
    public const string Name = "history.db";

    /// <summary>Of the tables below and of <see cref="GrowthCodec"/>.</summary>
    private const int Version = 1;

    private readonly SqliteConnection _connection;

    private HistoryFile(SqliteConnection connection) => _connection = connection;

    public bool IsPersistent => true;

    /// <summary>Pages in use. The file does not shrink, but the pages of what was removed are used again.</summary>
    public long Size => (Number("PRAGMA page_count") - Number("PRAGMA freelist_count")) * Number("PRAGMA page_size");

    /// <param name="path">The file; created if there is none.</param>
    /// <exception cref="UnusableFileException">It is damaged, from a newer version, or not of Depmap.</exception>
    /// <exception cref="SqliteException">It cannot be opened.</exception>
    public static HistoryFile Open(string path)
    {
        raw.SetProvider(new SQLite3Provider_sqlite3());
        var settings = new SqliteConnectionStringBuilder { DataSource = path, Pooling = false, DefaultTimeout = 2 };
        var connection = new SqliteConnection(settings.ToString());
        try
        {
            connection.Open();
            var file = new HistoryFile(connection);
            file.Prepare();
            return file;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    /// <summary>Whether the file's contents are the reason for an error, so that a new file can replace it.</summary>
    public static bool IsDamage(Exception e) =>
        e is InvalidDataException or UnusableFileException or InvalidCastException or OverflowException
        || e is SqliteException { SqliteErrorCode: raw.SQLITE_CORRUPT or raw.SQLITE_NOTADB or raw.SQLITE_ERROR };

    /// <summary>Whether the error is one of the file, the disk or its contents.</summary>
    public static bool IsFailure(Exception e) => e is SqliteException or IOException or UnauthorizedAccessException || IsDamage(e);

    public HistoryContents Load()
    {
        var edges = new List<KnownEdge>();
        Dictionary<string, string> texts = [];
        using (SqliteDataReader row = Command("SELECT * FROM edges").ExecuteReader())
        {
            while (row.Read())
                edges.Add(ReadEdge(row, texts));
        }

        var details = new List<string>();
        using (SqliteDataReader row = Command("SELECT name FROM details ORDER BY number").ExecuteReader())
        {
            while (row.Read())
                details.Add(row.GetString(0));
        }

        var traffic = new List<TrafficEntry>();
        using (SqliteDataReader row = Command("SELECT entry FROM traffic").ExecuteReader())
        {
            while (row.Read())
                traffic.Add(TrafficCodec.Read(row.GetFieldValue<byte[]>(0)));
        }

        long last = Number("SELECT COALESCE(MAX(seq), 0) FROM sqlite_sequence WHERE name = 'edges'");
        using SqliteDataReader state = Command("SELECT counted_from, recorded_until, minutes_from, hours_to FROM state").ExecuteReader();
        HistoryState covered = !state.Read() ? new HistoryState() : new HistoryState
        {
            From = state.GetInt64(0),
            RecordedUntil = state.GetInt64(1),
            MinutesFrom = state.GetInt64(2),
            HoursTo = state.GetInt64(3),
        };
        return new HistoryContents(edges, details, last, covered, traffic);
    }

    public IEnumerable<(long From, byte[] Growth)> Read(PeriodRange range)
    {
        (string table, long length) = range.Length == PeriodLength.Minute ? ("minutes", UnixTime.Minute) : ("hours", PeriodPlan.Hour);
        using SqliteCommand command = Command(
            $"SELECT start, growth FROM {table} WHERE start >= $from AND start < $to ORDER BY start",
            ("$from", range.From),
            ("$to", range.To));
        using SqliteDataReader row = command.ExecuteReader();
        while (row.Read())
            yield return (row.GetInt64(0) * length, row.GetFieldValue<byte[]>(1));
    }

    public void Write(HistoryChange change)
    {
        using SqliteTransaction transaction = _connection.BeginTransaction();
        foreach ((long number, string name) in change.Details)
            Execute("INSERT OR REPLACE INTO details VALUES ($number, $name)", ("$number", number), ("$name", name));
        foreach (KnownEdge edge in change.Edges)
            WriteEdge(edge);
        foreach (long number in change.RemovedEdges)
            Execute("DELETE FROM edges WHERE number = $number", ("$number", number));
        foreach ((PeriodLength length, long start, byte[] growth) in change.Periods)
        {
            string table = length == PeriodLength.Minute ? "minutes" : "hours";
            Execute($"INSERT OR REPLACE INTO {table} VALUES ($start, $growth)", ("$start", start), ("$growth", growth));
        }

        foreach (TrafficEntry entry in change.Traffic)
        {
            Execute(
                "INSERT OR REPLACE INTO traffic VALUES ($key, $seen, $entry)",
                ("$key", TrafficCodec.KeyOf(entry)),
                ("$seen", entry.LastSeen),
                ("$entry", TrafficCodec.Write(entry)));
        }

        Execute("DELETE FROM traffic WHERE last_seen < $before", ("$before", change.RemoveTrafficBefore));
        Execute("DELETE FROM minutes WHERE start < $before", ("$before", change.RemoveMinutesBefore));
        Execute("DELETE FROM hours WHERE start < $before", ("$before", change.RemoveHoursBefore));
        Execute(
            "INSERT OR REPLACE INTO state VALUES (1, $from, $until, $minutes, $hours)",
            ("$from", change.State.From),
            ("$until", change.State.RecordedUntil),
            ("$minutes", change.State.MinutesFrom),
            ("$hours", change.State.HoursTo));
        transaction.Commit();
    }

    public void Dispose() => _connection.Dispose();

    private void Prepare()
    {
        // Exclusive: a write-ahead log then needs no shared memory, which network file systems lack, and two relays cannot write.
        Execute("PRAGMA locking_mode = EXCLUSIVE");
        long version = Number("PRAGMA user_version");
        if (version > Version)
            throw new UnusableFileException($"it is from a newer version of Depmap (format {version}, this relay knows {Version})");
        if (version == 0 && Number("SELECT COUNT(*) FROM sqlite_master") > 0)
            throw new UnusableFileException("it is a database of another program");
        Execute("PRAGMA journal_mode = WAL");
        Execute("PRAGMA synchronous = NORMAL");
        Execute("PRAGMA journal_size_limit = 16777216");
        if (version == Version)
            return;
        Execute(
            $"""
            BEGIN;
            CREATE TABLE edges (
              number INTEGER PRIMARY KEY AUTOINCREMENT,
              client_kind INTEGER NOT NULL, client_namespace TEXT NOT NULL, client_name TEXT NOT NULL,
              server_kind INTEGER NOT NULL, server_namespace TEXT NOT NULL, server_name TEXT NOT NULL,
              protocol INTEGER NOT NULL, port INTEGER NOT NULL, probe INTEGER NOT NULL, own INTEGER NOT NULL,
              client_node TEXT NOT NULL, client_zone TEXT NOT NULL, server_node TEXT NOT NULL, server_zone TEXT NOT NULL,
              first_seen INTEGER NOT NULL, last_hour INTEGER NOT NULL, server_workload TEXT);
            CREATE TABLE details (number INTEGER PRIMARY KEY, name TEXT NOT NULL);
            CREATE TABLE minutes (start INTEGER PRIMARY KEY, growth BLOB NOT NULL);
            CREATE TABLE hours (start INTEGER PRIMARY KEY, growth BLOB NOT NULL);
            CREATE TABLE traffic (key TEXT PRIMARY KEY, last_seen INTEGER NOT NULL, entry BLOB NOT NULL);
            CREATE TABLE state (
              number INTEGER PRIMARY KEY, counted_from INTEGER NOT NULL, recorded_until INTEGER NOT NULL,
              minutes_from INTEGER NOT NULL, hours_to INTEGER NOT NULL);
            PRAGMA user_version = {Version};
            COMMIT;
            """);
    }

    private static KnownEdge ReadEdge(SqliteDataReader row, Dictionary<string, string> texts)
    {
        var key = new EdgeKey(
            ReadEnd(row, 1, texts),
            ReadEnd(row, 4, texts),
            (Protocol)row.GetInt32(7),
            (ushort)row.GetInt32(8),
            row.GetBoolean(9),
            row.GetBoolean(10));
        var nodes = new NodePair(Text(row, 11, texts), Text(row, 12, texts), Text(row, 13, texts), Text(row, 14, texts));
        return new KnownEdge(row.GetInt64(0), key, nodes, row.GetInt64(15))
        {
            LastHour = row.GetInt64(16),
            ServerWorkload = row.IsDBNull(17) ? null : Text(row, 17, texts),
            IsSaved = true,
        };
    }

    private static EdgeEnd ReadEnd(SqliteDataReader row, int column, Dictionary<string, string> texts)
    {
        var kind = (EndKind)row.GetInt32(column);
        string name = Text(row, column + 2, texts);
        if (kind != EndKind.Address)
            return new EdgeEnd(kind, Text(row, column + 1, texts), name, default);
        return Address.TryParse(name, out Address address)
            ? new EdgeEnd(kind, "", "", address)
            : throw new InvalidDataException($"\"{name}\" is no address");
    }

    // Edges share their names.
    private static string Text(SqliteDataReader row, int column, Dictionary<string, string> texts)
    {
        string text = row.GetString(column);
        if (texts.TryGetValue(text, out string? known))
            return known;
        texts.Add(text, text);
        return text;
    }

    private void WriteEdge(KnownEdge edge) => Execute(
        """
        INSERT OR REPLACE INTO edges VALUES (
          $number, $client_kind, $client_namespace, $client_name, $server_kind, $server_namespace, $server_name,
          $protocol, $port, $probe, $own, $client_node, $client_zone, $server_node, $server_zone, $first_seen, $last_hour, $server_workload)
        """,
        ("$number", edge.Number),
        ("$client_kind", (int)edge.Key.Client.Kind),
        ("$client_namespace", edge.Key.Client.Namespace),
        ("$client_name", NameOf(edge.Key.Client)),
        ("$server_kind", (int)edge.Key.Server.Kind),
        ("$server_namespace", edge.Key.Server.Namespace),
        ("$server_name", NameOf(edge.Key.Server)),
        ("$protocol", (int)edge.Key.Protocol),
        ("$port", (int)edge.Key.Port),
        ("$probe", edge.Key.Probe ? 1 : 0),
        ("$own", edge.Key.Own ? 1 : 0),
        ("$client_node", edge.Nodes.SourceNode),
        ("$client_zone", edge.Nodes.SourceZone),
        ("$server_node", edge.Nodes.DestinationNode),
        ("$server_zone", edge.Nodes.DestinationZone),
        ("$first_seen", edge.FirstSeen),
        ("$last_hour", edge.LastHour),
        ("$server_workload", edge.ServerWorkload));

    private static string NameOf(EdgeEnd end) => end.Kind == EndKind.Address ? end.Address.ToString() : end.Name;

    private void Execute(string text, params ReadOnlySpan<(string Name, object? Value)> values)
    {
        using SqliteCommand command = Command(text, values);
        command.ExecuteNonQuery();
    }

    private long Number(string text)
    {
        using SqliteCommand command = Command(text);
        return (long)command.ExecuteScalar()!;
    }

    private SqliteCommand Command(string text, params ReadOnlySpan<(string Name, object? Value)> values)
    {
        SqliteCommand command = _connection.CreateCommand();
        command.CommandText = text;
        foreach ((string name, object? value) in values)
            command.Parameters.AddWithValue(name, value ?? DBNull.Value);
        return command;
    }
}
