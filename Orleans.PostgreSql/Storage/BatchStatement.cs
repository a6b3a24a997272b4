using Npgsql;
using NpgsqlTypes;

namespace SoonShop.Orleans.PostgreSql.Storage;

/// <summary>
/// A statement that is sent in batches, once or several times in each, with different values. One batch may use it at a time.
/// </summary>
/// <param name="sql">The statement.</param>
/// <param name="types">The types of its parameters, in order.</param>
internal sealed class BatchStatement(string sql, params NpgsqlDbType[] types)
{
    /// <summary>
    /// Up to this many rows of one kind are sent with a statement each. More rows are sent with one statement, as arrays.
    /// </summary>
    public const int Few = 2;

    private readonly List<NpgsqlBatchCommand> commands = [];
    private NpgsqlConnection? connection;
    private NpgsqlBatch? last;
    private int used;

    /// <summary>Adds the statement to a batch. A null value becomes an SQL null.</summary>
    public void AddTo(NpgsqlBatch batch, params ReadOnlySpan<object?> values)
    {
        // A command that was prepared on one connection would be sent as prepared on any other connection, too.
        if (batch.Connection != connection)
        {
            connection = batch.Connection;
            commands.Clear();
        }
        if (batch != last)
            (last, used) = (batch, 0);
        if (used == commands.Count)
            commands.Add(NewCommand());
        var command = commands[used++];
        for (var i = 0; i < values.Length; i++)
            command.Parameters[i].Value = values[i] ?? DBNull.Value;
        batch.BatchCommands.Add(command);
    }

    /// <summary>The first parameters, such as <c>$1, $2</c>.</summary>
    public static string Numbers(int count) => string.Join(", ", Enumerable.Range(1, count).Select(n => $"${n}"));

    /// <summary>The types of arrays of these types.</summary>
    public static NpgsqlDbType[] Arrays(NpgsqlDbType[] types) => [.. types.Select(t => NpgsqlDbType.Array | t)];

    /// <summary>One value of each row, for a parameter that is an array.</summary>
    public static TValue[] Column<TRow, TValue>(List<TRow> rows, Func<TRow, TValue> value)
    {
        var column = new TValue[rows.Count];
        for (var i = 0; i < column.Length; i++)
            column[i] = value(rows[i]);
        return column;
    }

    private NpgsqlBatchCommand NewCommand()
    {
        var command = new NpgsqlBatchCommand(sql);
        foreach (var type in types)
            command.Parameters.Add(new() { NpgsqlDbType = type });
        return command;
    }
}
