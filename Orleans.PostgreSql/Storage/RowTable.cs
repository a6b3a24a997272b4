using Npgsql;
using NpgsqlTypes;

namespace SoonShop.Orleans.PostgreSql.Storage;

/// <summary>A table that receives rows in the transaction that writes a state: <see cref="RowTable{TRow}"/>.</summary>
public abstract class RowTable
{
    private protected RowTable(string name) => Name = name;

    /// <summary>The table's name, as it stands in SQL.</summary>
    public string Name { get; }

    /// <summary>Returns the statements of one writer.</summary>
    internal abstract RowStatements NewStatements(string mark);

    /// <summary>The approximate size of a row's texts.</summary>
    internal abstract int BytesOf(object row);
}

/// <summary>A row for a table: see <see cref="RowTable{TRow}.Row"/>.</summary>
public readonly record struct TableRow
{
    internal TableRow(RowTable table, object row) => (Table, Row) = (table, row);

    /// <summary>The table.</summary>
    public RowTable Table { get; }

    /// <summary>The object whose values are the columns of the row.</summary>
    public object Row { get; }
}

/// <summary>Describes a table: its columns, their types, and how each value is read from an object. Create it once.</summary>
/// <typeparam name="TRow">The type of objects that become rows.</typeparam>
/// <param name="name">The table's name, as it stands in SQL. The library does not create the table.</param>
public sealed class RowTable<TRow>(string name) : RowTable(name) where TRow : class
{
    private readonly List<Column> columns = [];

    /// <summary>Adds a column. Columns that are not added have their default values.</summary>
    /// <param name="column">The column's name, as it stands in SQL.</param>
    /// <param name="type">Its type.</param>
    /// <param name="value">Reads its value, of a type that Npgsql writes as <paramref name="type"/>; null becomes an SQL null.</param>
    public RowTable<TRow> With<TValue>(string column, NpgsqlDbType type, Func<TRow, TValue> value)
    {
        columns.Add(new Column<TValue>(column, type, value));
        return this;
    }

    /// <summary>Returns a row for <see cref="StateParts.Rows"/>.</summary>
    public TableRow Row(TRow row) => new(this, row);

    internal override RowStatements NewStatements(string mark) => new Statements(Name, columns, mark);

    internal override int BytesOf(object row)
    {
        var bytes = 0;
        foreach (var column in columns)
            bytes += Utf8.BytesOf(column.TextOf((TRow)row));
        return bytes;
    }

    private abstract class Column(string name, NpgsqlDbType type)
    {
        public string Name => name;

        public NpgsqlDbType Type => type;

        /// <summary>The value if it is a text.</summary>
        public abstract string? TextOf(TRow row);

        public abstract object? ValueOf(TRow row);

        public abstract Array ValuesOf(List<object> rows);
    }

    private sealed class Column<TValue>(string name, NpgsqlDbType type, Func<TRow, TValue> value) : Column(name, type)
    {
        public override string? TextOf(TRow row) => typeof(TValue) == typeof(string) ? (string?)(object?)value(row) : null;

        public override object? ValueOf(TRow row) => value(row);

        public override Array ValuesOf(List<object> rows) => BatchStatement.Column(rows, r => value((TRow)r));
    }

    private sealed class Statements : RowStatements
    {
        private readonly Column[] columns;
        private readonly BatchStatement one, many;

        public Statements(string table, List<Column> columns, string mark)
        {
            this.columns = [.. columns];
            var types = columns.Select(c => c.Type).ToArray();
            var into = $"{mark}insert into {table} ({string.Join(", ", columns.Select(c => c.Name))})";
            one = new BatchStatement($"{into} values ({BatchStatement.Numbers(types.Length)})", types);
            many = new BatchStatement($"{into} select * from unnest({BatchStatement.Numbers(types.Length)})", BatchStatement.Arrays(types));
        }

        protected override void AddOne(NpgsqlBatch batch, object row) =>
            one.AddTo(batch, Array.ConvertAll(columns, c => c.ValueOf((TRow)row)));

        protected override void AddMany(NpgsqlBatch batch, List<object> rows) =>
            many.AddTo(batch, Array.ConvertAll(columns, c => (object?)c.ValuesOf(rows)));
    }
}

/// <summary>The insert statements of one table, and the rows of the batch that is being built.</summary>
internal abstract class RowStatements
{
    private readonly List<object> rows = [];

    /// <summary>Forgets the rows of the last batch.</summary>
    public void Clear() => rows.Clear();

    /// <summary>Collects a row.</summary>
    public void Add(object row) => rows.Add(row);

    /// <summary>Adds the statements for the collected rows to a batch.</summary>
    public void AddTo(NpgsqlBatch batch)
    {
        if (rows.Count <= BatchStatement.Few)
        {
            foreach (var row in rows)
                AddOne(batch, row);
        }
        else
        {
            AddMany(batch, rows);
        }
    }

    protected abstract void AddOne(NpgsqlBatch batch, object row);

    protected abstract void AddMany(NpgsqlBatch batch, List<object> rows);
}
